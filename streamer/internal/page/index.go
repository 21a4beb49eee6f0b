package page

import (
	"encoding/json"
	"errors"
	"fmt"
)

const (
	formatVersion = 1
	indexName     = "index.json.gz"
	nameMark      = "@camera-name@"
	pathMark      = "@static-path@"
)

// index is the file that says what else there is.
type index struct {
	Version   int                          `json:"version"`
	Languages []string                     `json:"languages"`
	Words     map[string]map[string]string `json:"words"`
	Pages     map[string]map[string][]part `json:"pages"`
	Static    []staticEntry                `json:"static"`
	Inlined   inlined                      `json:"inlined"`
	Manifest  string                       `json:"manifest"` // with nameMark for the camera's name
}

// inlined is what the live page brings along in itself.
type inlined struct {
	Script string `json:"script"` // with pathMark for the path of the static files
	Old    string `json:"old"`
	Style  string `json:"style"`
	Icon   string `json:"icon"`
}

// parse reads what an index says. Its version comes first: an index of another one may be of another shape.
func parse(text []byte) (*index, error) {
	var of struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &of); err != nil {
		return nil, err
	}
	if of.Version != formatVersion {
		return nil, fmt.Errorf("they are of version %d, and this program knows %d", of.Version, formatVersion)
	}
	read := &index{}
	if err := json.Unmarshal(text, read); err != nil {
		return nil, err
	}
	return read, read.whole()
}

// whole tells what is missing of what each bundle has.
func (i *index) whole() error {
	if len(i.Languages) == 0 || len(i.Pages) == 0 || len(i.Static) == 0 {
		return errors.New("there are no languages, pages or static files")
	}
	for _, tag := range i.Languages {
		if i.Words[tag] == nil {
			return fmt.Errorf("there are no words of %s", tag)
		}
		for name, page := range i.Pages {
			if page[tag] == nil {
				return fmt.Errorf("there is no page %s of %s", name, tag)
			}
		}
	}
	return nil
}
