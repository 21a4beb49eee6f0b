package viewingtoken

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"petcam/streamer/internal/state"
)

const (
	// MaxFileBytes is the most that the file may have.
	MaxFileBytes = 64 << 10
	// Version is that of the file.
	Version = 1

	maxCreated = 253_402_300_799 // the end of the year 9999
)

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Token is one in the file.
type Token struct {
	ID      string
	Label   string
	SHA256  string // of the token, which itself is not stored
	Created int64  // seconds since 1970
	Camera  bool   // whether it may turn the camera, too
}

// Parse reads the file as petcam/access/viewing_tokens.py does; none is given where anything in it is not as it should be.
func Parse(text []byte) ([]Token, error) {
	value, err := state.Value(text)
	if err != nil {
		return nil, err
	}
	document, _ := value.(map[string]any)
	if document["version"] != json.Number(fmt.Sprint(Version)) {
		return nil, fmt.Errorf("is not of version %d", Version)
	}
	list, err := state.Row(document).List("tokens", "has no list of tokens")
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, 0, len(list))
	for _, each := range list {
		token, err := tokenOf(each)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

// tokenOf ignores fields that it does not know: a later petcam's.
func tokenOf(value any) (t Token, err error) {
	object, is := value.(map[string]any)
	if !is {
		return t, errors.New("has a token that is none")
	}
	row := state.Row(object)
	id, _ := row["id"].(string)
	digest, err := row.Text("sha256", digestForm.MatchString)
	if id == "" || err != nil {
		return t, errors.New("has a token without id or SHA-256")
	}
	label, isText := optional(row, "label", "").(string)
	row["created"] = optional(row, "created", json.Number("0"))
	created, err := row.WholeNumber("created", maxCreated)
	if !isText || err != nil {
		return t, errors.New("has a token with a bad label or time")
	}
	return Token{id, label, digest, created, row["camera"] == true}, nil
}

func optional(row state.Row, name string, without any) any {
	if found, has := row[name]; has {
		return found
	}
	return without
}
