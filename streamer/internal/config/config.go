// Package config reads petcam.yaml: every scalar is text, read by its key's kind. etc/petcam.yaml documents every key,
// and petcam/config reads the same file for the Python services: tests/config-cases.yaml holds both to the same answers.
// A new key is a line in keys.go.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"
)

// DefaultPath is read where no file is named.
const DefaultPath = "/etc/petcam/petcam.yaml"

const maxFileBytes = 64 << 10 // as in petcam/config/reader.py

// Default is the configuration of an empty file.
func Default() (config Config) {
	for _, section := range sections(&config) {
		for _, key := range section.keys {
			node, err := compose([]byte(key.byDefault))
			if err != nil || node != nil && key.read(node) != nil {
				panic("the default of " + section.name + "." + key.name + " is not allowed")
			}
		}
	}
	return config
}

// Load reads the file that was named, or DefaultPath where none was: only that one may be missing. It logs each warning.
// Its error is that of Read.
func Load(named string, log *slog.Logger) (Config, error) {
	path := named
	if path == "" {
		path = DefaultPath
	}
	config, warnings, err := Read(path)
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		log.Info(Missing(path))
		return Default(), nil
	}
	for _, warning := range warnings {
		log.Warn(warning.Words)
	}
	return config, err
}

// Missing is what is said of a file that need not be there.
func Missing(path string) string { return path + " does not exist; every key has its default" }

// Read reads the file at path. Its error is one line that names file, line, key, text and remedy; where the file cannot be
// read it is an unreadable.
func Read(path string) (Config, []Warning, error) {
	text, err := readFile(path)
	if err != nil {
		return Config{}, nil, unreadable{path, err}
	}
	return Parse(text, path)
}

// unreadable is the system's error for a file.
type unreadable struct {
	path  string
	cause error
}

func (u unreadable) Error() string {
	return fmt.Sprintf("%s: cannot be read: %s; %s", u.path, reason(u.cause), remedy(u.cause, u.path))
}

func (u unreadable) Unwrap() error { return u.cause }

func remedy(err error, path string) string {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Sprintf("use sudo; if a service says this: sudo chown root:petcam %[1]s; sudo chmod 0640 %[1]s; "+
			"sudo systemctl restart petcam.target", path)
	}
	return "name another file with --config"
}

// readFile gives at most a byte more than is allowed. A FIFO, which would be waited for, is no file; a link to a file is
// one.
func readFile(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errors.New("not a regular file")
	}
	return io.ReadAll(io.LimitReader(file, maxFileBytes+1))
}

// reason is the system's word for an error, written as Python writes it.
func reason(err error) string {
	words := err.Error()
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		words = errno.Error()
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Parse reads a file's text; name stands for the file in errors and in the warnings.
func Parse(text []byte, name string) (Config, []Warning, error) {
	if len(text) > maxFileBytes {
		return Config{}, nil, fmt.Errorf("%s: is over %d KiB", name, maxFileBytes>>10)
	}
	if start := firstInvalid(text); start >= 0 {
		return Config{}, nil, fmt.Errorf("%s: is not UTF-8 text (byte %d)", name, start)
	}
	config, warnings, err := read(text)
	if err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range warnings {
		warnings[i].Words = name + ": " + warnings[i].Words
	}
	return config, warnings, nil
}

// firstInvalid is the index of the first byte that is not UTF-8, or -1.
func firstInvalid(text []byte) int {
	for i, r := range string(text) {
		if r == utf8.RuneError && !bytes.HasPrefix(text[i:], []byte("\uFFFD")) {
			return i
		}
	}
	return -1
}

// read puts a document's texts where their keys want them.
func read(text []byte) (config Config, warnings []Warning, err error) {
	root, err := compose(text)
	if err != nil {
		return config, nil, err
	}
	given, err := entries(root, "must hold sections such as web")
	if err != nil {
		return config, nil, err
	}
	config = Default()
	known := sections(&config)
	for _, each := range given {
		if !slices.ContainsFunc(known, func(s section) bool { return s.name == each.name }) {
			warnings = append(warnings, unknown(each.line, "section", each.name, nearest(each.name, names(known))))
		}
	}
	for _, section := range known {
		more, err := section.read(given, known)
		if err != nil {
			return config, nil, err
		}
		warnings = append(warnings, more...)
	}
	if err := config.Web.requireFiles(given); err != nil {
		return config, nil, err
	}
	warnings = append(warnings, config.collisions(given)...)
	return config, append(warnings, config.unserved(given)...), nil
}

// requireFiles looks that the certificate is named where one is to be read.
func (w Web) requireFiles(given []entry) error {
	if w.TLS != "files" || w.TLSCert != "" && w.TLSKey != "" {
		return nil
	}
	key := "tls_cert"
	if w.TLSCert != "" {
		key = "tls_key"
	}
	mine, err := entries(valueOf(given, "web"), "")
	if err != nil {
		return err
	}
	return atLine(valueOf(mine, "tls"), "web.%s: must be named where web.tls is files", key)
}
