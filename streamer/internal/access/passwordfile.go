package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"regexp"
	"runtime/debug"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/scrypt"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

const (
	minPasswordLength = 8 // characters
	maxPasswordLength = 1024
	scryptN           = 1 << 14 // with the two below 16 MiB and some tens of milliseconds for each hash
	scryptR, scryptP  = 8, 1
	hashBytes         = 64
)

func ownersKind() state.Kind {
	return state.Kind{
		Name: "owner.json", MaxBytes: 4096, Effect: "nobody can log in", Key: "trouble.owner",
		Remedy: "set the password anew with sudo petcam password", Command: "sudo petcam password",
	}
}

func viewersKind() state.Kind {
	return state.Kind{
		Name: "viewer.json", MaxBytes: 4096, Effect: "nobody can log in with the viewing password", Key: "trouble.viewer",
		Remedy:  "set it anew with sudo petcam password --viewer, or give it up with --viewer --remove",
		Command: "sudo petcam password --viewer",
	}
}

var (
	form32  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	form128 = regexp.MustCompile(`^[0-9a-f]{128}$`)
)

// passwordRecord is a password as it is kept, each in hex. generation is new with each password and stored in each session,
// so that a changed password ends the sessions. No hash is empty, so no password matches the record that is.
type passwordRecord struct{ salt, hash, generation string }

// PasswordFile is one password on disk as a scrypt hash. It is read again for each question, because petcam password
// changes it from another process. Safe for goroutines.
type PasswordFile struct {
	file *state.StateFile

	mu        sync.Mutex // guards withdrawn
	withdrawn string     // the generation that was removed here, though the disk kept it
}

func newPasswordFile(directory string, kind state.Kind, log *slog.Logger) *PasswordFile {
	return &PasswordFile{file: state.NewStateFile(directory, kind, log)}
}

// isSet is true also where the file is damaged, or where it cannot be told.
func (f *PasswordFile) isSet() bool { return f.file.Exists() }

// generation is empty while no password is set. Its error is StateDamaged.
func (f *PasswordFile) generation() (string, error) {
	record, err := f.record()
	return record.generation, err
}

func (f *PasswordFile) trouble() *apierror.Error { return state.Trouble(f.file, parsePassword) }

// matches takes the same time whether a password is set or not, and whether this one is right or wrong. Where the file is
// damaged no password is right.
func (f *PasswordFile) matches(password string) bool {
	record, _ := f.record()
	salt, _ := hex.DecodeString(record.salt)
	want, _ := hex.DecodeString(record.hash)
	cut := firstCharacters(password, maxPasswordLength)
	return subtle.ConstantTimeCompare(hashOf(cut, salt), want) == 1 && len(cut) == len(password)
}

// set has the errors of StateFile.Write, of WriteFirst with onlyFirst.
func (f *PasswordFile) set(record passwordRecord, onlyFirst bool) error {
	fields := state.Fields{
		{Name: "salt", Value: record.salt}, {Name: "hash", Value: record.hash}, {Name: "generation", Value: record.generation},
	}
	if onlyFirst {
		return f.file.WriteFirstSealed(fields)
	}
	return f.file.WriteSealed(fields)
}

// remove makes it let nobody in from now on. Where it has an error, it may after a restart.
func (f *PasswordFile) remove() error {
	removed, _ := f.record()
	err := f.file.Remove()
	if err != nil {
		f.mu.Lock()
		f.withdrawn = removed.generation
		f.mu.Unlock()
	}
	return err
}

// record is empty while no password is set. Its error is StateDamaged.
func (f *PasswordFile) record() (passwordRecord, error) {
	found, _, err := state.Parsed(f.file, parsePassword)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || found.generation == f.withdrawn {
		return passwordRecord{}, err
	}
	return found, nil
}

func newRecord(password string) passwordRecord {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // ends the program rather than fail
	return passwordRecord{hex.EncodeToString(salt), hex.EncodeToString(hashOf(password, salt)), randomHex(16)}
}

func requireLength(password string) error {
	if length := utf8.RuneCountInString(password); length < minPasswordLength || length > maxPasswordLength {
		return apierror.New(apierror.BadRequest, "the password must have %d to %d characters", minPasswordLength, maxPasswordLength).
			WithWords("commands.password.length", "shortest", "8", "longest", "1024")
	}
	return nil
}

func parsePassword(text []byte) (r passwordRecord, err error) {
	document, _, err := state.UnsealedOrOlder(text)
	if err != nil {
		return r, err
	}
	row, err := state.RowOf(document, "salt", "hash", "generation")
	if err != nil {
		return r, err
	}
	if r.salt, err = row.Text("salt", form32.MatchString); err != nil {
		return r, err
	}
	if r.hash, err = row.Text("hash", form128.MatchString); err != nil {
		return r, err
	}
	r.generation, err = row.Text("generation", form32.MatchString)
	return r, err
}

func hashOf(password string, salt []byte) []byte {
	hash, err := scrypt.Key([]byte(password), salt, scryptN, scryptR, scryptP, hashBytes)
	if err != nil {
		panic(err) // of numbers that are none
	}
	return hash
}

// giveMemoryBack gives the system the 16 MiB of a hash, rather than keep them for the next login.
func giveMemoryBack() { debug.FreeOSMemory() }

func firstCharacters(text string, most int) string {
	for at := range text {
		if most == 0 {
			return text[:at]
		}
		most--
	}
	return text
}

func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // ends the program rather than fail
	return hex.EncodeToString(random)
}
