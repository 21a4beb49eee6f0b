package access

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state/statetest"
)

const theMark = "0123456789abcdef0123456789abcdef"

func TestWithoutTheOtherHalfThereIsNoRule(t *testing.T) {
	place := NewPlace(filepath.Join(t.TempDir(), "nowhere"), "")
	place.volatile = func(string) bool { return true }
	if place.Trouble() != nil || place.TroubleNow() != nil || place.VolatileTrouble() != nil || place.HasChanged() {
		t.Error(place.Trouble())
	}
}

func TestAStateThatIsNotWhereTheBoardWasSetUpLetsNobodyInUntilTheServiceStartsThere(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, ".petcam-place")
	passwordsIn(directory, nil).mustSet(t, ownersPassword)
	hour := NewFirstHour(directory, "boot", quiet())
	hour.Begin()
	absent := NewPlace(directory, theMark)
	p := NewPasswords(directory, hour, absent, quiet())
	_, err := p.Generation(Owner)
	expectRefused(t, err, apierror.StateDamaged, directory+" is not where petcam was set up: it has no mark .petcam-place, so nobody can log in: mount the disk that it was on, "+
		"and petcam goes on by itself; or begin anew: sudo rm /etc/petcam/secrets/place && sudo systemctl restart petcam.target")
	if _, _, ok := p.LogIn(ownersPassword); ok || p.MayBeNew() || len(p.Troubles()) != 1 || p.Troubles()[0].Key != "trouble.place" || absent.HasChanged() {
		t.Error(p.Troubles())
	}
	put(t, path, []byte(theMark+"\n"))
	if absent.Trouble() == nil || absent.TroubleNow() != nil || !absent.HasChanged() {
		t.Error("it goes on with what was read elsewhere")
	}
	p = NewPasswords(directory, hour, NewPlace(directory, theMark), quiet())
	if _, _, ok := p.LogIn(ownersPassword); !ok || p.PlaceTrouble() != nil {
		t.Error(p.PlaceTrouble())
	}
	put(t, path, []byte(strings.Repeat("f", 32)))
	if trouble := p.PlaceTrouble(); trouble == nil || !strings.Contains(trouble.Message, "it has another board's mark") || !p.place.HasChanged() {
		t.Error(trouble)
	}
}

func TestADamagedMarkIsNoMark(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			damage(t, filepath.Join(directory, ".petcam-place"))
			if trouble := NewPlace(directory, theMark).Trouble(); trouble == nil || trouble.Key != "trouble.place" {
				t.Error(trouble)
			}
		})
	}
}

func TestWhatCannotBeToldForTheMomentIsNoChange(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, ".petcam-place")
	put(t, path, []byte(theMark))
	place := NewPlace(directory, theMark)
	do(t, os.Remove(path))
	if !place.HasChanged() {
		t.Error("it has not changed")
	}
	do(t, unix.Mkfifo(path, 0o600))
	if !place.HasChanged() {
		t.Error("it has not changed")
	}
	do(t, os.Remove(path))
	do(t, os.Symlink(path, path)) // open fails, as without descriptors
	if place.HasChanged() || place.Trouble() == nil {
		t.Error("it has changed")
	}
}

func TestAStateInMemoryHasNoFirstVisitButLogsIn(t *testing.T) {
	directory := t.TempDir()
	put(t, filepath.Join(directory, ".petcam-place"), []byte(theMark))
	place := NewPlace(directory, theMark)
	place.volatile = func(string) bool { return true }
	hour := NewFirstHour(directory, "boot", quiet())
	hour.Begin()
	p := NewPasswords(directory, hour, place, quiet())
	troubles := p.Troubles()
	if p.IsFirstVisit() || len(troubles) != 1 || troubles[0].Code != apierror.Forbidden || troubles[0].Key != "trouble.volatile" ||
		troubles[0].Values["command"] != "sudo petcam password" || !strings.HasPrefix(troubles[0].Message, directory+" is in memory (overlayroot, tmpfs): a restart forgets") {
		t.Error(troubles)
	}
	p.mustSet(t, ownersPassword)
	if _, _, ok := p.LogIn(ownersPassword); !ok || len(p.Troubles()) != 0 {
		t.Error(p.Troubles())
	}
}

func TestTheOtherHalfIsTheCredential(t *testing.T) {
	credentials := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	for text, want := range map[string]string{"none": "", "none\n": "", theMark + "\n": theMark, "": noMark, " \n": noMark, "x": "x"} {
		put(t, filepath.Join(credentials, "place"), []byte(text))
		if found := OtherHalf("/elsewhere"); found != want {
			t.Errorf("%q: %q", text, found)
		}
	}
	do(t, os.Remove(filepath.Join(credentials, "place")))
	if found := OtherHalf("/elsewhere"); found != "" {
		t.Error(found)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if found := OtherHalf("/elsewhere"); found != "" || PlaceOf("/elsewhere", quiet()).Trouble() != nil {
		t.Error(found)
	}
}

func TestMemoryIsToldFromDisks(t *testing.T) {
	if isVolatile("/proc") || mountOf("/proc/self/nothing").kind != "proc" {
		t.Error(mountOf("/proc"))
	}
	if found := mountOf("/dev/shm/nothing/here"); isVolatile("/dev/shm/nothing") != (found.kind == "tmpfs") {
		t.Error(found)
	}
}
