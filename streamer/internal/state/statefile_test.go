package state

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state/statetest"
)

func testKind() Kind {
	return Kind{Name: "owner.json", MaxBytes: 64, Effect: "nobody can log in", Remedy: "sudo rm {path}", Key: "trouble.owner", Command: Doctor}
}

// newStateFile is in a directory that is not there yet; its log is given too.
func newStateFile(t *testing.T) (*StateFile, *strings.Builder) {
	t.Helper()
	log := &strings.Builder{}
	return NewStateFile(filepath.Join(t.TempDir(), "parent", "state"), testKind(), slog.New(slog.NewTextHandler(log, nil))), log
}

func asText(text []byte) (string, error) {
	if len(text) > 0 && text[0] == '!' {
		return "", errors.New("has a bad begin")
	}
	return string(text), nil
}

func names(t *testing.T, f *StateFile) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range entries {
		found = append(found, each.Name())
	}
	return found
}

func expectContent(t *testing.T, f *StateFile, want string) {
	t.Helper()
	if found, has, err := Parsed(f, asText); found != want || !has || err != nil {
		t.Errorf("%q, %v, %v instead of %q", found, has, err, want)
	}
}

func TestWhatIsWrittenIsReadAndTheDirectoryIsMade(t *testing.T) {
	f, _ := newStateFile(t)
	if found, has, err := Parsed(f, asText); found != "" || has || err != nil || f.Exists() {
		t.Errorf("%q, %v, %v", found, has, err)
	}
	for _, content := range []string{"one", "two", ""} {
		if err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		expectContent(t, f, content)
	}
	info, err := os.Stat(f.Path)
	folder, err2 := os.Stat(filepath.Dir(f.Path))
	if err != nil || err2 != nil || info.Mode() != 0o600 || folder.Mode().Perm() != 0o750 {
		t.Errorf("%v %v", info.Mode(), folder.Mode())
	}
	if all := names(t, f); !slices.Equal(all, []string{"owner.json"}) {
		t.Error(all)
	}
}

func TestTheModeIsAsItsKindSaysWhateverTheUmask(t *testing.T) {
	kind := testKind()
	kind.Mode = 0o640
	f := NewStateFile(t.TempDir(), kind, slog.New(slog.DiscardHandler))
	if err := f.Write(nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode() != 0o640 {
		t.Error(info.Mode(), err)
	}
}

func TestWhatRootWritesBelongsToTheDirectorysOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	f, _ := newStateFile(t)
	directory := filepath.Dir(f.Path)
	if err := errors.Join(os.MkdirAll(directory, 0o750), os.Chown(directory, 1234, 4321), f.Write(nil)); err != nil {
		t.Fatal(err)
	}
	var found unix.Stat_t
	if err := unix.Stat(f.Path, &found); err != nil || found.Uid != 1234 || found.Gid != 4321 {
		t.Errorf("%d:%d, %v", found.Uid, found.Gid, err)
	}
}

func TestTheFileIsSyncedBeforeTheRenameAndTheDirectoryAfter(t *testing.T) {
	f, _ := newStateFile(t)
	disk, steps := f.Disk, []string{}
	f.Disk.Sync = func(file *os.File) error {
		name, _, _ := strings.Cut(filepath.Base(file.Name()), ".json.")
		steps = append(steps, name)
		return disk.Sync(file)
	}
	f.Disk.Rename = func(from, to string) error {
		steps = append(steps, "rename")
		return disk.Rename(from, to)
	}
	if err := f.Write(nil); err != nil || strings.Join(steps, " ") != ".owner rename state" {
		t.Errorf("%q, %v", steps, err)
	}
}

func TestWriteFirstReplacesNothing(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			f, _ := newStateFile(t)
			if err := os.MkdirAll(filepath.Dir(f.Path), 0o750); err != nil {
				t.Fatal(err)
			}
			damage(t, f.Path)
			before, _ := os.Lstat(f.Path)
			if err := f.WriteFirst([]byte("mine")); !errors.Is(err, ErrExists) {
				t.Error(err)
			}
			if after, err := os.Lstat(f.Path); err != nil || !os.SameFile(before, after) {
				t.Error("it was replaced", err)
			}
			if all := names(t, f); !slices.Equal(all, []string{"owner.json"}) {
				t.Error(all)
			}
		})
	}
	f, _ := newStateFile(t)
	if err := f.WriteFirst([]byte("mine")); err != nil {
		t.Fatal(err)
	}
	expectContent(t, f, "mine")
}

func TestWhateverIsInItsPlaceIsSaidOnceAndReplaced(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			f, log := newStateFile(t)
			if err := os.MkdirAll(filepath.Dir(f.Path), 0o750); err != nil {
				t.Fatal(err)
			}
			damage(t, f.Path)
			if !f.Exists() {
				t.Error("it does not exist")
			}
			strict := func(text []byte) (any, error) { return Unsealed(text) }
			for range 3 {
				_, has, err := Parsed(f, strict)
				found := AsError(err)
				if has || found == nil || found.Code != apierror.StateDamaged || found.Key != "trouble.owner" || found.Values["command"] != Doctor {
					t.Fatalf("%v, %v", has, err)
				}
				if !strings.HasPrefix(found.Message, f.Path+" ") || !strings.HasSuffix(found.Message, ", so nobody can log in: sudo rm "+f.Path) {
					t.Error(found.Message)
				}
			}
			if lines := strings.Count(log.String(), "\n"); lines != 1 {
				t.Errorf("%d lines: %s", lines, log)
			}
			if err := f.Write([]byte("new")); err != nil {
				t.Fatal(err)
			}
			expectContent(t, f, "new")
		})
	}
}

func TestWhatIsWrongIsSaidInPythonsWords(t *testing.T) {
	at := func(damage string) string {
		f, _ := newStateFile(t)
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o750); err != nil {
			t.Fatal(err)
		}
		statetest.Damages()[damage](t, f.Path)
		message := Trouble(f, asText).Message
		return strings.TrimPrefix(message[:strings.Index(message, ", so")], f.Path+" ")
	}
	for damage, want := range map[string]string{
		"directory": "is damaged: it is no regular file", "pipe": "is damaged: it is no regular file", "device": "is a link",
		"link loop": "is a link", "huge": "is damaged: it is larger than 64 bytes",
	} {
		if got := at(damage); got != want {
			t.Errorf("%s: %q instead of %q", damage, got, want)
		}
	}
	f, _ := newStateFile(t)
	parent := filepath.Dir(f.Path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(parent), 0o750), os.WriteFile(parent, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := Trouble(f, asText); got == nil || !strings.HasPrefix(got.Message, f.Path+" cannot be read (Not a directory), so ") || !f.Exists() {
		t.Error(got)
	}
	if err := f.Write(nil); AsError(err) == nil || AsError(err).Message != f.Path+" cannot be written, so nothing was changed: Not a directory" {
		t.Error(err)
	}
}

func TestADirectoryInItsPlaceIsSetAside(t *testing.T) {
	for _, change := range []func(*StateFile) error{func(f *StateFile) error { return f.Write(nil) }, (*StateFile).Remove} {
		f, _ := newStateFile(t)
		if err := errors.Join(os.MkdirAll(filepath.Join(f.Path, "mine"), 0o750), change(f)); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(f.Path+".damaged", "mine")); err != nil || !info.IsDir() {
			t.Error(err)
		}
	}
}

func TestAFaultBeforeTheRenameLeavesTheOldAndNoTemporaryFile(t *testing.T) {
	fault := func(err error) func(*os.File) error { return func(*os.File) error { return err } }
	for why, err := range map[string]error{
		"No space left on device": &fs.PathError{Op: "sync", Path: "x", Err: unix.ENOSPC}, "Input/output error": unix.EIO, "a fault": errors.New("a fault"),
	} {
		f, log := newStateFile(t)
		if err := f.Write([]byte("old")); err != nil {
			t.Fatal(err)
		}
		disk := f.Disk
		f.Disk.Sync = fault(err)
		for range 2 {
			found := AsError(f.Write([]byte("new")))
			if found == nil || found.Code != apierror.StateNotWritten || found.Key != "trouble.not_written" || len(found.Values) != 0 ||
				found.Message != f.Path+" cannot be written, so nothing was changed: "+why {
				t.Fatal(found)
			}
			if IsForLackOfSpace(found) != strings.HasPrefix(why, "No space") || IsForLackOfPermission(found) {
				t.Error(found)
			}
		}
		f.Disk = disk
		expectContent(t, f, "old")
		if all := names(t, f); len(all) != 1 || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%v, %s", all, log)
		}
	}
}

func TestAFaultAfterTheRenameIsSaidAsOneThatMayUndoIt(t *testing.T) {
	f, _ := newStateFile(t)
	syncs := 0
	f.Disk.Sync = func(*os.File) error {
		if syncs++; syncs%2 == 0 {
			return unix.EIO
		}
		return nil
	}
	found := AsError(f.Write([]byte("new")))
	if found == nil || found.Code != apierror.StateNotSynced || found.Key != "trouble.not_synced" ||
		found.Message != f.Path+" has changed, but the disk has a fault: a power cut may undo it: Input/output error" {
		t.Error(found)
	}
	expectContent(t, f, "new")
	syncs++
	if found := AsError(f.Remove()); found == nil || found.Code != apierror.StateNotSynced || f.Exists() {
		t.Error(found)
	}
	if err := f.Remove(); err != nil { // it is gone already
		t.Error(err)
	}
	f.Disk.Unlink = func(string) error { return unix.EROFS }
	if found := AsError(f.Remove()); found == nil || found.Code != apierror.StateNotWritten || !strings.HasSuffix(found.Message, "Read-only file system") {
		t.Error(found)
	}
}

func TestWhatAKilledWriterLeftIsSweptAndNothingElse(t *testing.T) {
	f, _ := newStateFile(t)
	if err := f.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	directory := filepath.Dir(f.Path)
	for _, name := range []string{".owner.json.0123456789abcdef", ".viewing_tokens.json.00000000ffffffff", ".session.key.0123456789abcdef", ".owner.json.bak", ".mine", "owner.json.0123456789abcdef"} {
		write(t, filepath.Join(directory, name), "x")
	}
	Sweep(directory, slog.New(slog.DiscardHandler))
	if all := names(t, f); !slices.Equal(all, []string{".mine", ".owner.json.bak", "owner.json", "owner.json.0123456789abcdef"}) {
		t.Error(all)
	}
	Sweep(filepath.Join(directory, "nowhere"), slog.New(slog.DiscardHandler))
}

func TestTheFileThatIsBeingWrittenIsNotSwept(t *testing.T) {
	f, _ := newStateFile(t)
	rename := f.Disk.Rename
	f.Disk.Rename = func(from, to string) error {
		Sweep(filepath.Dir(f.Path), slog.New(slog.DiscardHandler))
		return rename(from, to)
	}
	if err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	expectContent(t, f, "new")
}
