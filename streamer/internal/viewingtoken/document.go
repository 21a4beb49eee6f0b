package viewingtoken

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
)

const (
	version      = 1
	maxFileBytes = 64 << 10
)

// document is the file; fields that are not listed here are for petcam token.
type document struct {
	Version int
	Tokens  []struct{ ID, SHA256 string }
}

// parse gives the ids by hash; none where the file is not wholly as it should be.
func parse(text []byte) (map[string]string, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	if d.Version != version {
		return nil, fmt.Errorf("is of version %d, not %d", d.Version, version)
	}
	ids := make(map[string]string, len(d.Tokens))
	for _, each := range d.Tokens {
		if sum, err := hex.DecodeString(each.SHA256); err != nil || len(sum) != 32 || each.ID == "" {
			return nil, fmt.Errorf("has a token without id or SHA-256")
		}
		ids[each.SHA256] = each.ID
	}
	return ids, nil
}
