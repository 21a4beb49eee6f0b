package state

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Users that no machine has.
const giver, taker, stranger = 54321, 54322, 54323

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files to others")
	}
}

func owned(t *testing.T, path string, user int) {
	t.Helper()
	if err := os.Lchown(path, user, -1); err != nil {
		t.Fatal(err)
	}
}

func expectOwner(t *testing.T, path string, want uint32) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t).Uid; got != want {
		t.Errorf("%s is %d's, not %d's", path, got, want)
	}
}

func TestAStateIsGivenWithItsFilesAndNothingElse(t *testing.T) {
	needsRoot(t)
	directory, outside := t.TempDir(), t.TempDir()
	within := func(name string) string { return filepath.Join(directory, name) }
	for _, path := range []string{within("owner.json"), within(".sessions.json.0123456789abcdef"), within("twin"), within("theirs"),
		filepath.Join(outside, "will"), within("roots")} {
		write(t, path, path)
		owned(t, path, giver)
	}
	owned(t, within("theirs"), stranger)
	owned(t, within("roots"), 0)
	if err := errors.Join(os.Link(within("twin"), filepath.Join(outside, "twin")),
		os.Symlink(filepath.Join(outside, "will"), within("link")),
		os.Mkdir(within("recordings"), 0o700), os.WriteFile(within("recordings/film"), nil, 0o600),
		unix.Mkfifo(within("pipe"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"recordings", "recordings/film", "pipe", "link", "."} {
		owned(t, within(name), giver)
	}
	if err := Give(directory, giver, taker); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"owner.json", ".sessions.json.0123456789abcdef", "."} {
		expectOwner(t, within(name), taker)
	}
	for _, name := range []string{"twin", "recordings", "recordings/film", "pipe", "link"} {
		expectOwner(t, within(name), giver)
	}
	expectOwner(t, within("theirs"), stranger)
	expectOwner(t, within("roots"), 0)
	expectOwner(t, filepath.Join(outside, "will"), giver)
}

func TestAFolderOfAnothersStaysWhileFilesGo(t *testing.T) {
	needsRoot(t)
	directory := t.TempDir()
	path := filepath.Join(directory, "owner.json")
	write(t, path, "{}")
	owned(t, path, giver)
	if err := Give(directory, giver, taker); err != nil {
		t.Fatal(err)
	}
	expectOwner(t, path, taker)
	expectOwner(t, directory, 0)
	if err := Give(filepath.Join(directory, "nowhere"), giver, taker); !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
}

func TestWhoHoldsAFolderIsWaitedFor(t *testing.T) {
	directory := t.TempDir()
	release, err := Hold(directory)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.Open(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	take := func() error { return unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
	if err := take(); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("it is not held: %v", err)
	}
	release()
	if err := take(); err != nil {
		t.Errorf("it is still held: %v", err)
	}
	if _, err := Hold(filepath.Join(directory, "nowhere")); !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
}
