// Package config reads petcam.yaml. etc/petcam.yaml documents every key, and petcam/config.py reads the same file for
// the Python services: tests/config-cases.yaml holds both to the same answers.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"
)

// DefaultPath is read where no file is named.
const DefaultPath = "/etc/petcam/petcam.yaml"

// Config is the whole file. Sections that only the Python services use are checked here too.
type Config struct {
	Web       Web
	Streamer  Streamer
	Camera    Camera
	WebRTC    WebRTC
	Recording Recording
	Auth      Auth
}

// Web is petcam-web's.
type Web struct {
	Host    string
	Port    int
	Threads int
	TLS     string // off, auto or files: what this service adds in front of it
	TLSPort int
	TLSCert string // files, where TLS is files
	TLSKey  string
	// Hosts are names by which the page may be opened, besides those of this machine.
	Hosts          []string
	TrustedProxies []string // addresses or networks whose forwarded headers petcam-web believes
}

// Streamer is where this service listens.
type Streamer struct {
	Host      string
	Port      int
	PublicURL string // empty: as the page was opened
	// MetricsAllow are addresses or networks that may read the metrics, besides loopback.
	MetricsAllow []string
}

// Camera names the shared memory.
type Camera struct {
	Layout     string // petcam or rdk-x5
	Stream     string // with its slash
	Detections string
	Source     string // what petcam-feed reads; empty: nothing
}

// WebRTC is about media to viewers.
type WebRTC struct {
	UDPPort    int
	ICEServers []string // stun: and turn: URLs
	ExtraHosts []string // names or addresses of this machine that it does not know of
	MaxViewers int
	Backend    string // go or python
}

// Recording is about files on disk. A limit of 0 is as etc/petcam.yaml says.
type Recording struct {
	Directory      string
	PreRollSeconds float64
	SegmentMinutes int
	MaxBytes       int64
	MaxAgeDays     int
	MinFreeBytes   int64
}

// Auth is who may watch.
type Auth struct {
	Mode string // password or none
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Web:      Web{Host: "0.0.0.0", Port: 8080, Threads: 40, TLS: "off", TLSPort: 8443},
		Streamer: Streamer{Host: "0.0.0.0", Port: 8081},
		Camera:   Camera{Layout: "petcam", Stream: "/petcam_stream", Detections: "/petcam_detections"},
		WebRTC:   WebRTC{UDPPort: 8081, MaxViewers: 16, Backend: "go"},
		Recording: Recording{
			Directory: "/var/lib/petcam/recordings", PreRollSeconds: 5, SegmentMinutes: 30,
		},
		Auth: Auth{Mode: "password"},
	}
}

// Load reads the file that was named, or DefaultPath where none was: only that one may be missing. It logs a line for
// each unknown key. Its error is one line that names file, key, value and remedy.
func Load(named string, log *slog.Logger) (Config, error) {
	path := named
	if path == "" {
		path = DefaultPath
	}
	text, err := os.ReadFile(path)
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		log.Info(path + " does not exist; every key has its default")
		return Default(), nil
	}
	if err != nil {
		return Config{}, fmt.Errorf("%s: cannot be read: %s; name another file with --config", path, reason(err))
	}
	config, warnings, err := Parse(text, path)
	for _, warning := range warnings {
		log.Warn(warning)
	}
	return config, err
}

// reason is the system's word for an error, written as Python writes it.
func reason(err error) string {
	words := err.Error()
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		words = errno.Error()
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Parse reads a file's text; name stands for the file in errors and in the warnings, one for each unknown key.
func Parse(text []byte, name string) (Config, []string, error) {
	if start := firstInvalid(text); start >= 0 {
		return Config{}, nil, fmt.Errorf("%s: is not UTF-8 text (byte %d)", name, start)
	}
	document, err := readDocument(text)
	if err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	config := Default()
	warnings, err := assign(document, sections(&config))
	if err == nil {
		err = config.Web.requireFiles()
	}
	if err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range warnings {
		warnings[i] = name + ": " + warnings[i]
	}
	return config, warnings, nil
}

// requireFiles looks that the certificate is named where one is to be read.
func (w Web) requireFiles() error {
	for _, each := range []struct{ key, file string }{{"tls_cert", w.TLSCert}, {"tls_key", w.TLSKey}} {
		if w.TLS == "files" && each.file == "" {
			return fmt.Errorf("web.%s: must be named where web.tls is files", each.key)
		}
	}
	return nil
}

// firstInvalid is the index of the first byte that is not UTF-8, or -1.
func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// assign puts a document's values where the sections' keys want them.
func assign(document any, known []section) (warnings []string, err error) {
	given, ok := asMapping(document)
	if !ok {
		return nil, fmt.Errorf("must hold sections such as web, not %s", show(document))
	}
	for _, key := range given.keys {
		if !hasSection(known, key) {
			warnings = append(warnings, fmt.Sprintf("unknown section %s is ignored", show(key)))
		}
	}
	for _, section := range known {
		more, err := section.assign(given.get(section.name))
		if err != nil {
			return nil, fmt.Errorf("%s%w", section.name, err)
		}
		warnings = append(warnings, more...)
	}
	return warnings, nil
}

func hasSection(known []section, name any) bool {
	for _, section := range known {
		if section.name == name {
			return true
		}
	}
	return false
}

func (s section) assign(values any) (warnings []string, err error) {
	given, ok := asMapping(values)
	if !ok {
		return nil, fmt.Errorf(": must hold keys, not %s", show(values))
	}
	for _, name := range given.keys {
		if !s.has(name) {
			warnings = append(warnings, fmt.Sprintf("unknown key %s.%s is ignored", s.name, plain(name)))
		}
	}
	for _, key := range s.keys {
		value := given.get(key.name)
		if value == nil { // an emptied key means its default
			continue
		}
		if allowed := key.set(value); allowed != "" {
			return nil, fmt.Errorf(".%s: %s is not allowed; it must be %s", key.name, show(value), allowed)
		}
	}
	return warnings, nil
}

func (s section) has(name any) bool {
	for _, key := range s.keys {
		if key.name == name {
			return true
		}
	}
	return false
}
