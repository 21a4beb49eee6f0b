// Package page is petcam's pages and static files, as tools/pages has made them out of templates/, static/ and words/ when
// the program was built. docs/page-bundle.md is the specification. It imports nothing of petcam.
package page

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const (
	formatVersion = 1
	indexName     = "index.json.gz"
)

//go:embed all:bundle
var built embed.FS

// ErrNotBuilt is that the program was built without pages.
var ErrNotBuilt = errors.New("this petcam-streamer was built without pages: make setup")

// Bundle is what the pages of one camera are made of. It does not change.
type Bundle struct {
	languages []string
	byTag     map[string]string            // languages, by their lower-case tags
	words     map[string]map[string]string // texts by language and key
	pages     map[string]map[string][]part // by name and language
	static    staticFiles
	constants map[string]string // of all pages
	policy    string
}

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

const (
	nameMark = "@camera-name@"
	pathMark = "@static-path@"
)

// Open reads the bundle that this program was built with, for a camera of that name.
func Open(camera string) (*Bundle, error) {
	files, err := fs.Sub(built, "bundle")
	if err != nil {
		return nil, err
	}
	return Read(files, camera)
}

// Read reads the bundle that lies in files. Its error is ErrNotBuilt where there is none.
func Read(files fs.FS, camera string) (*Bundle, error) {
	packed, err := fs.ReadFile(files, indexName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, err
	}
	text, err := unpacked(packed)
	if err != nil {
		return nil, fmt.Errorf("the pages cannot be unpacked: %w", err)
	}
	read, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("the pages cannot be read: %w", err)
	}
	return open(files, read, camera)
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

func open(files fs.FS, read *index, camera string) (*Bundle, error) {
	b := &Bundle{languages: read.Languages, words: read.Words, pages: read.Pages, byTag: map[string]string{}}
	for _, tag := range read.Languages {
		b.byTag[strings.ToLower(tag)] = tag
	}
	var err error
	if b.static, err = openStatic(files, read.Static, manifest(read.Manifest, camera)); err != nil {
		return nil, err
	}
	script := strings.ReplaceAll(read.Inlined.Script, pathMark, b.static.path())
	b.constants = map[string]string{
		"camera_name":    camera,
		"version":        b.static.version,
		"inlined.script": script,
		"inlined.old":    read.Inlined.Old,
		"inlined.style":  read.Inlined.Style,
		"inlined.icon":   read.Inlined.Icon,
	}
	b.policy = policy(script, read.Inlined.Old, read.Inlined.Style)
	return b, nil
}

// Policy is the part of the Content-Security-Policy that is for scripts and styles.
func (b *Bundle) Policy() string { return b.policy }
