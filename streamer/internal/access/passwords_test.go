package access

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/state/statetest"
)

const (
	ownersPassword  = "correct horse"
	viewersPassword = "watching horse"
)

func passwordsIn(directory string, hour *FirstHour) *Passwords {
	return NewPasswords(directory, hour, NewPlace(directory, ""), quiet())
}

func newPasswords(t *testing.T) (p *Passwords, directory string) {
	t.Helper()
	directory = filepath.Join(t.TempDir(), "state")
	return passwordsIn(directory, nil), directory
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *Passwords) mustSet(t *testing.T, password string) string {
	t.Helper()
	generation, err := p.SetPassword(password)
	do(t, err)
	return generation
}

func generationOf(t *testing.T, p *Passwords, role Role) string {
	t.Helper()
	generation, err := p.Generation(role)
	do(t, err)
	return generation
}

// expectVerified checks as whom a password lets in; "" for nobody.
func expectVerified(t *testing.T, p *Passwords, password string, want Role) {
	t.Helper()
	if role, ok := p.Verify(password); role != want || ok != (want != "") {
		t.Errorf("%.20q lets in as %q, %v", password, role, ok)
	}
}

// expectRefused checks what an error says.
func expectRefused(t *testing.T, err error, code apierror.Code, words string) {
	t.Helper()
	if found := state.AsError(err); found == nil || found.Code != code || !strings.Contains(found.Message, words) {
		t.Errorf("%v instead of %s: %s", err, code, words)
	}
}

func TestThePasswordIsAcceptedAndNoOther(t *testing.T) {
	p, _ := newPasswords(t)
	if p.IsSet() || generationOf(t, p, Owner) != "" || generationOf(t, p, Viewer) != "" {
		t.Error("it is set")
	}
	expectVerified(t, p, "", "")
	generation := p.mustSet(t, ownersPassword)
	for password, want := range map[string]Role{ownersPassword: Owner, "correct horsf": "", "": "", ownersPassword + strings.Repeat(" ", 2000): ""} {
		expectVerified(t, p, password, want)
	}
	if role, found, ok := p.LogIn(ownersPassword); role != Owner || found != generation || !ok {
		t.Error(role, found, ok)
	}
	if role, found, ok := p.LogIn("another"); role != "" || found != "" || ok {
		t.Error(role, found, ok)
	}
}

func TestASaltedHashIsKeptThatOnlyItsUserMayRead(t *testing.T) {
	p, directory := newPasswords(t)
	path := filepath.Join(directory, "owner.json")
	var kept [2]map[string]any
	for i := range kept {
		p.mustSet(t, ownersPassword)
		do(t, json.Unmarshal([]byte(get(t, path)), &kept[i]))
	}
	for _, name := range []string{"salt", "hash", "generation"} {
		if kept[0][name] == kept[1][name] || len(kept[0]) != 5 {
			t.Errorf("%s: %v", name, kept)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || strings.Contains(get(t, path), "horse") {
		t.Error(info.Mode(), err)
	}
}

func TestAPasswordOfTheWrongLengthIsRefused(t *testing.T) {
	p, directory := newPasswords(t)
	for _, password := range []string{"", "short", strings.Repeat("x", 1025), "日本語の馬"} {
		_, err := p.SetPassword(password)
		for _, err := range []error{err, p.SetViewerPassword(password)} {
			expectRefused(t, err, apierror.BadRequest, "the password must have 8 to 1024 characters")
			if found := state.AsError(err); found.Key != "commands.password.length" || found.Values["shortest"] != "8" || found.Values["longest"] != "1024" {
				t.Errorf("%+v", found)
			}
		}
	}
	if _, err := os.Stat(directory); err == nil {
		t.Error("something was written")
	}
	long := strings.Repeat("馬", 1024)
	p.mustSet(t, long)
	expectVerified(t, p, long, Owner)
	expectVerified(t, p, long+"馬", "")
}

func TestViewersHaveASecondPasswordThatWorksOnlyWhileTheOwnersIsSet(t *testing.T) {
	p, directory := newPasswords(t)
	p.mustSet(t, ownersPassword)
	do(t, p.SetViewerPassword(viewersPassword))
	expectVerified(t, p, ownersPassword, Owner)
	expectVerified(t, p, viewersPassword, Viewer)
	err := p.SetViewerPassword(ownersPassword)
	expectRefused(t, err, apierror.BadRequest, "viewers need another password than the owner's")
	if state.AsError(err).Key != "commands.password.viewers_own" {
		t.Error(err)
	}
	if role, generation, ok := p.LogIn(viewersPassword); role != Viewer || generation != generationOf(t, p, Viewer) || !ok {
		t.Error(role, generation, ok)
	}
	do(t, os.Remove(filepath.Join(directory, "owner.json")))
	expectVerified(t, p, viewersPassword, "")
	if generationOf(t, p, Viewer) != "" || !p.HasViewer() {
		t.Error("viewers are let in")
	}
	p.mustSet(t, ownersPassword)
	do(t, p.RemoveViewerPassword())
	expectVerified(t, p, viewersPassword, "")
	if generationOf(t, p, Viewer) != "" || p.HasViewer() {
		t.Error("viewers are let in")
	}
}

func TestChangingEitherPasswordChangesTheViewersGeneration(t *testing.T) {
	p, _ := newPasswords(t)
	p.mustSet(t, ownersPassword)
	found := map[string]bool{}
	for _, change := range []func(){
		func() {}, func() { do(t, p.SetViewerPassword(viewersPassword)) }, func() { do(t, p.SetViewerPassword(viewersPassword)) },
		func() { p.mustSet(t, ownersPassword) },
	} {
		change()
		found[generationOf(t, p, Viewer)] = true
	}
	if len(found) != 4 {
		t.Error(found)
	}
}

func TestTheFirstPasswordIsTakenOnceAndWithinAnHourOfTheStart(t *testing.T) {
	directory, now := filepath.Join(t.TempDir(), "state"), int64(1_000_000)
	hour := NewFirstHour(directory, "boot-1", quiet())
	hour.clock = func() int64 { return now }
	if passwordsIn(directory, hour).IsFirstVisit() {
		t.Error("it is open before it was begun")
	}
	hour.Begin()
	p, other := passwordsIn(directory, hour), passwordsIn(directory, hour)
	now += firstHourSeconds * 1000
	_, err := p.Claim(ownersPassword)
	expectRefused(t, err, apierror.Forbidden, "the time for a first password is over; use sudo petcam password")
	now--
	_, err = p.Claim("short")
	expectRefused(t, err, apierror.BadRequest, "8 to 1024")
	if !p.IsFirstVisit() || !other.IsFirstVisit() {
		t.Error("it is over")
	}
	generation, err := p.Claim(ownersPassword)
	if err != nil || generation != generationOf(t, other, Owner) {
		t.Error(generation, err)
	}
	_, err = other.claim("another horse") // as if both had checked before either wrote
	expectRefused(t, err, apierror.Forbidden, "somebody else has just set the password; was it not you: sudo petcam password")
	expectVerified(t, p, ownersPassword, Owner)
	if p.IsFirstVisit() || passwordsIn(directory, nil).IsFirstVisit() {
		t.Error("it is still open")
	}
}

func TestADamagedFileLetsNobodyInAndAllowsNoFirstPassword(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			hour := NewFirstHour(directory, "boot-1", quiet())
			hour.Begin()
			p := passwordsIn(directory, hour)
			damage(t, filepath.Join(directory, "owner.json"))
			expectVerified(t, p, "", "")
			if !p.IsSet() || p.IsFirstVisit() || len(p.Troubles()) != 1 || p.Troubles()[0].Key != "trouble.owner" {
				t.Error(p.Troubles())
			}
			_, err := p.Generation(Viewer)
			expectRefused(t, err, apierror.StateDamaged, "so nobody can log in: set the password anew with sudo petcam password")
			p.mustSet(t, ownersPassword)
			damage(t, filepath.Join(directory, "viewer.json"))
			expectVerified(t, p, ownersPassword, Owner)
			if p.HasViewer() || len(p.Troubles()) != 1 || p.Troubles()[0].Key != "trouble.viewer" {
				t.Error(p.Troubles())
			}
			do(t, p.RemoveViewerPassword())
			if len(p.Troubles()) != 0 {
				t.Error(p.Troubles())
			}
		})
	}
}

func TestWhateverByteOfAPasswordFileIsAnotherItLetsNobodyIn(t *testing.T) {
	p, directory := newPasswords(t)
	p.mustSet(t, ownersPassword)
	path := filepath.Join(directory, "owner.json")
	whole := get(t, path)
	for at := range whole {
		for bit := range 8 {
			text := []byte(whole)
			text[at] ^= 1 << bit
			put(t, path, text)
			if _, err := p.Generation(Owner); err == nil {
				t.Fatalf("%s was taken", text)
			}
		}
		put(t, path, []byte(whole[:at]))
		if _, err := p.Generation(Owner); err == nil || !p.IsSet() {
			t.Fatalf("%s was taken", whole[:at])
		}
	}
}

func TestALoginByAPasswordThatChangesMeanwhileBeginsNoSessionOfTheNewOne(t *testing.T) {
	p, directory := newPasswords(t)
	p.mustSet(t, ownersPassword)
	before := p.generations()
	role, _ := p.Verify(ownersPassword)
	passwordsIn(directory, nil).mustSet(t, "another horse")
	sessions := NewSessions(directory, p.Generation, "boot-1", quiet())
	if sessions.Find(sessions.Begin(role, before[role])) != nil {
		t.Error("a session of the new password")
	}
}

func TestNothingIsWaitedForWithTheLockOfTheHashes(t *testing.T) {
	p, _ := newPasswords(t)
	p.owner.file.Disk.Sync = func(*os.File) error {
		p.Verify(ownersPassword) // would wait for itself
		return nil
	}
	p.mustSet(t, ownersPassword)
}

func TestAViewingPasswordThatTheDiskKeepsIsWithdrawnAtOnce(t *testing.T) {
	p, _ := newPasswords(t)
	p.mustSet(t, ownersPassword)
	do(t, p.SetViewerPassword(viewersPassword))
	p.viewer.file.Disk.Unlink = func(string) error { return unix.EROFS }
	expectRefused(t, p.RemoveViewerPassword(), apierror.StateNotWritten, "nothing was changed")
	expectVerified(t, p, viewersPassword, "")
	if p.HasViewer() {
		t.Error("it is still there")
	}
}

func TestAPasswordThatCannotBeKeptIsNotSet(t *testing.T) {
	p, _ := newPasswords(t)
	p.mustSet(t, ownersPassword)
	p.owner.file.Disk.Sync = func(*os.File) error { return errors.New("disk full") }
	_, err := p.SetPassword("another horse")
	expectRefused(t, err, apierror.StateNotWritten, "nothing was changed: disk full")
	expectVerified(t, p, ownersPassword, Owner)
}
