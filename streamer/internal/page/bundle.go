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

const formatVersion = 1

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

// Read reads the bundle that lies in files. It is ErrNotBuilt where there is none.
func Read(files fs.FS, camera string) (*Bundle, error) {
	text, err := fs.ReadFile(files, "index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, err
	}
	var read index
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("the pages cannot be read: %w", err)
	}
	if read.Version != formatVersion {
		return nil, fmt.Errorf("the pages are of version %d, and this program knows %d", read.Version, formatVersion)
	}
	b := &Bundle{languages: read.Languages, words: read.Words, pages: read.Pages, byTag: map[string]string{}}
	for _, tag := range read.Languages {
		b.byTag[strings.ToLower(tag)] = tag
	}
	b.static = openStatic(files, read.Static, manifest(read.Manifest, camera))
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
