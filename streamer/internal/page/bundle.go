// Package page is petcam's pages and static files, as tools/pages has made them out of templates/, static/ and words/ when
// the program was built. docs/page-bundle.md is the specification. It imports nothing of petcam.
package page

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
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

// Open reads the bundle that this program was built with, for a camera that is called so where it is shown ("petcam"
// where it has no name).
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
