package state

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
)

// ErrExists is what WriteFirst says where anything is there.
var ErrExists = errors.New("is there already")

// Kind is what a file of the state is for; petcam/access/state_file.py has the same.
type Kind struct {
	Name     string
	MaxBytes int
	Effect   string      // what follows where it cannot be read
	Remedy   string      // {path} is the file
	Key      string      // words for people of both
	Command  string      // shown to people below the words; empty: none
	Mode     fs.FileMode // 0: for its owner only
}

// Doctor is the command of kinds that have none of their own.
const Doctor = "sudo petcam doctor"

// StateFile is a file of the state that Python and Go write by the same steps: docs/state.md, "Reading" and "Writing". Its
// errors are apierror's: StateDamaged whatever is wrong with it, StateNotWritten where the old is there, StateNotSynced
// where the new is, and a power cut may bring back the old. It is safe for goroutines and in several processes: what is
// there is replaced as a whole.
type StateFile struct {
	Path string
	Disk Disk // tests put one with faults in its place

	kind Kind
	log  *slog.Logger

	mu   sync.Mutex // guards said
	said string     // what of it is in the log already
}

// Disk is what the writing of a file asks of the system where it may fail late.
type Disk struct {
	Sync   func(file *os.File) error
	Rename func(from, to string) error
	Unlink func(path string) error
}

// NewStateFile reads nothing yet.
func NewStateFile(directory string, kind Kind, log *slog.Logger) *StateFile {
	if kind.Mode == 0 {
		kind.Mode = 0o600
	}
	disk := Disk{Sync: (*os.File).Sync, Rename: unix.Rename, Unlink: unix.Unlink}
	return &StateFile{Path: filepath.Join(directory, kind.Name), Disk: disk, kind: kind, log: log}
}

// Exists says whether anything is there, be it damaged or a link to nowhere; true where that cannot be told.
func (f *StateFile) Exists() bool {
	_, err := os.Lstat(f.Path)
	return !errors.Is(err, unix.ENOENT)
}

// Parsed is what parse makes of the content; found is false where there is no file. Its error is StateDamaged.
func Parsed[T any](f *StateFile, parse func(text []byte) (T, error)) (content T, found bool, err error) {
	text, err := read(f.Path, f.kind.MaxBytes, unix.O_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) {
		return content, false, nil
	}
	if err == nil {
		content, err = parse(text)
	}
	if err != nil {
		var none T
		return none, false, f.damaged(err)
	}
	f.mu.Lock()
	f.said = ""
	f.mu.Unlock()
	return content, true, nil
}

// Trouble is the damage, where there is one.
func Trouble[T any](f *StateFile, parse func(text []byte) (T, error)) *apierror.Error {
	_, _, err := Parsed(f, parse)
	return AsError(err)
}

// AsError is the error that err is or wraps; nil where it is none.
func AsError(err error) (found *apierror.Error) {
	errors.As(err, &found)
	return found
}

// IsForLackOfSpace says whether the disk is full.
func IsForLackOfSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// IsForLackOfPermission says whether another user may do it.
func IsForLackOfPermission(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}

// Strerror is the system's error in its words with a great letter, as Python has them; empty: it is none.
func Strerror(err error) string {
	var number unix.Errno
	if !errors.As(err, &number) {
		return ""
	}
	text := number.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// Write returns once the content is durable. Whoever writes it as root leaves it to the directory's owner.
func (f *StateFile) Write(content []byte) error { return f.write(content, f.rename) }

// WriteFirst does so where nothing is there, else its error is ErrExists.
func (f *StateFile) WriteFirst(content []byte) error { return f.write(content, f.link) }

// WriteSealed is Write of a sealed file.
func (f *StateFile) WriteSealed(fields Fields) error { return f.writeSealed(fields, f.Write) }

// WriteFirstSealed is WriteFirst of a sealed file.
func (f *StateFile) WriteFirstSealed(fields Fields) error {
	return f.writeSealed(fields, f.WriteFirst)
}

func (f *StateFile) writeSealed(fields Fields, write func([]byte) error) error {
	content, err := Sealed(fields)
	if err != nil {
		return f.notWritten(err)
	}
	return write(content)
}

// Remove returns once it is durable that there is none. A directory is set aside.
func (f *StateFile) Remove() error {
	directory, err := f.open()
	if err != nil {
		return f.notWritten(err)
	}
	defer func() { _ = directory.Close() }()
	err = f.Disk.Unlink(f.Path)
	if errors.Is(err, unix.EISDIR) {
		err = f.setAside()
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return f.notWritten(err)
	}
	return f.sync(directory)
}

func (f *StateFile) write(content []byte, put func(temporary string) error) error {
	directory, err := f.open()
	if err != nil {
		return f.notWritten(err)
	}
	defer func() { _ = directory.Close() }()
	temporary := filepath.Join(filepath.Dir(f.Path), "."+filepath.Base(f.Path)+"."+randomHex(8))
	if err = f.writeTemporary(temporary, content, directory); err == nil {
		err = put(temporary)
	}
	_ = f.Disk.Unlink(temporary) // there is none where it was renamed
	switch {
	case errors.Is(err, ErrExists):
		return err
	case err != nil:
		return f.notWritten(err)
	}
	return f.sync(directory)
}

// open opens the directory, which is made where it is missing, and keeps Sweep away while it is open; some file systems
// have no locks.
func (f *StateFile) open() (*os.File, error) {
	path := filepath.Dir(f.Path)
	_ = os.MkdirAll(filepath.Dir(path), 0o777) // what is no directory fails at the next step
	if err := os.Mkdir(path, 0o750); err != nil && !errors.Is(err, unix.EEXIST) {
		return nil, err
	}
	directory, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err == nil {
		_ = unix.Flock(int(directory.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	}
	return directory, err
}

func (f *StateFile) writeTemporary(temporary string, content []byte, directory *os.File) error {
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = giveToOwner(file, directory)
	}
	if err == nil {
		err = file.Chmod(f.kind.Mode) // whatever the umask
	}
	if err == nil {
		err = f.Disk.Sync(file)
	}
	return errors.Join(err, file.Close())
}

// giveToOwner gives what root has made to who has its directory, who else could not use it any more.
func giveToOwner(file, directory *os.File) error {
	var of, made unix.Stat_t
	if os.Geteuid() != 0 {
		return nil
	}
	if err := unix.Fstat(int(directory.Fd()), &of); err != nil {
		return err
	}
	if err := unix.Fstat(int(file.Fd()), &made); err != nil || made.Nlink != 1 { // with another name it might be another's
		return err
	}
	return file.Chown(int(of.Uid), int(of.Gid))
}

func (f *StateFile) link(temporary string) error {
	err := unix.Link(temporary, f.Path)
	if errors.Is(err, unix.EEXIST) {
		return ErrExists
	}
	return err
}

func (f *StateFile) rename(temporary string) error {
	err := f.Disk.Rename(temporary, f.Path)
	if errors.Is(err, unix.EISDIR) {
		if err = f.setAside(); err == nil {
			err = f.Disk.Rename(temporary, f.Path)
		}
	}
	return err
}

// setAside keeps a directory that is in the file's place as NAME.damaged.
func (f *StateFile) setAside() error { return f.Disk.Rename(f.Path, f.Path+".damaged") }

// sync makes the new name outlive a power cut, too.
func (f *StateFile) sync(directory *os.File) error {
	if err := f.Disk.Sync(directory); err != nil {
		return f.notKept(apierror.StateNotSynced, "trouble.not_synced", "has changed, but the disk has a fault: a power cut may undo it", err)
	}
	return nil
}

func (f *StateFile) notWritten(err error) error {
	return f.notKept(apierror.StateNotWritten, "trouble.not_written", "cannot be written, so nothing was changed", err)
}

func (f *StateFile) notKept(code apierror.Code, key, what string, err error) error {
	why := Strerror(err)
	if why == "" {
		why = err.Error()
	}
	message := fmt.Sprintf("%s %s: %s", f.Path, what, why)
	f.logOnce(message)
	return apierror.New(code, "%s", message).WithWords(key).WithCause(err)
}

func (f *StateFile) damaged(err error) error {
	remedy := strings.ReplaceAll(f.kind.Remedy, "{path}", f.Path)
	message := fmt.Sprintf("%s %s, so %s: %s", f.Path, whatIsWrong(err), f.kind.Effect, remedy)
	f.logOnce(message)
	return apierror.New(apierror.StateDamaged, "%s", message).WithWords(f.kind.Key, "command", f.kind.Command).WithCause(err)
}

// logOnce says it not at each request, or each try.
func (f *StateFile) logOnce(message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if message != f.said {
		f.said = message
		f.log.Error(message)
	}
}

// whatIsWrong says it in few words; nothing of the content, which may be secret.
func whatIsWrong(err error) string {
	switch why := Strerror(err); {
	case errors.Is(err, unix.ELOOP):
		return "is a link"
	case why != "":
		return fmt.Sprintf("cannot be read (%s)", why)
	case errors.Is(err, errNoJSON), errors.Is(err, ErrNoText):
		return "is damaged"
	}
	return fmt.Sprintf("is damaged: it %v", err)
}

func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // ends the program rather than fail
	return hex.EncodeToString(random)
}
