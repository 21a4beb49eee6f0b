package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"strings"
)

const (
	etagDigits    = 16
	versionDigits = 12
	manifestName  = "manifest.webmanifest"
)

// staticEntry is a file as the bundle's index has it. The manifest alone has no ETag, as it has the camera's name in it.
type staticEntry struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	ETag    string `json:"etag"`
	Gzipped bool   `json:"gzipped"` // it lies there as gzip has made it
	Counts  bool   `json:"counts"`  // in the version
}

// File is a static file.
type File struct {
	Type    string
	ETag    string // of the file as it is; its gzipped form has another
	Gzipped bool   // there is such a form
	stored  []byte
}

// Stored is the file's gzipped form where it has one, else the file.
func (f *File) Stored() []byte { return f.stored }

// Plain is the file as it is. Few ask for it, so it is unpacked each time.
func (f *File) Plain() ([]byte, error) {
	if !f.Gzipped {
		return f.stored, nil
	}
	return unpacked(f.stored)
}

type staticFiles struct {
	files    fs.FS
	entries  map[string]staticEntry
	version  string
	manifest []byte // as Stored gives it; it is made when the bundle is read
}

// openStatic counts all files but those that are drawn into the version, and does not read them.
func openStatic(files fs.FS, entries []staticEntry, manifest []byte) (staticFiles, error) {
	s := staticFiles{files: files, entries: map[string]staticEntry{}, manifest: manifest}
	together := sha256.New()
	for _, entry := range entries {
		if entry.Name == manifestName {
			packed, err := gzipped(manifest)
			if err != nil {
				return s, err
			}
			if entry.Gzipped = len(packed) < len(manifest); entry.Gzipped {
				s.manifest = packed
			}
			entry.ETag = digest(manifest, etagDigits)
		}
		s.entries[entry.Name] = entry
		if entry.Counts {
			_, _ = io.WriteString(together, entry.Name+" "+entry.ETag+"\n")
		}
	}
	s.version = hex.EncodeToString(together.Sum(nil))[:versionDigits]
	return s, nil
}

// path is where this version's files are, below the page's root.
func (s *staticFiles) path() string { return "/static/" + s.version }

// Static gives the file that name, what comes behind "/static/" in an address, means, and whether that names this version,
// so that the file never changes. Nil: there is none.
func (b *Bundle) Static(name string) (file *File, forGood bool, err error) {
	before, rest, hasVersion := strings.Cut(name, "/")
	if hasVersion && isVersion(before) {
		name = rest
	}
	entry, known := b.static.entries[name]
	if !known {
		return nil, false, nil
	}
	file = &File{Type: entry.Type, ETag: entry.ETag, Gzipped: entry.Gzipped}
	if name == manifestName {
		file.stored = b.static.manifest
	} else if file.stored, err = fs.ReadFile(b.static.files, "static/"+name); err != nil {
		return nil, false, err
	}
	return file, hasVersion && before == b.static.version, nil
}

func isVersion(text string) bool {
	return len(text) == versionDigits && strings.Trim(text, "0123456789abcdef") == ""
}

func digest(data []byte, digits int) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:digits]
}

// manifest puts the camera's name into the template, where it is a whole string of JSON.
func manifest(template, camera string) []byte {
	return []byte(strings.ReplaceAll(template, `"`+nameMark+`"`, quoted(camera)))
}

// policy allows a page's own scripts and styles by their hashes, and those of its origin.
func policy(script, old, style string) string {
	return "default-src 'self'; script-src 'self' " + hash(script) + " " + hash(old) + "; style-src 'self' " + hash(style)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
