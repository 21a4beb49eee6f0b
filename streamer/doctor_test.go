package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/config"
)

func TestRemediesOfFoldersAreLinesForAShell(t *testing.T) {
	const restart = "sudo systemctl restart petcam.target"
	opening := func(line string) string {
		return "for service in web streamer; do printf '%s\\n' '[Service]' " + line + " | sudo install -D -m 644 /dev/stdin " +
			"/etc/systemd/system/petcam-$service.service.d/recordings.conf; done; sudo systemctl daemon-reload; " + restart
	}
	for _, c := range []struct {
		path string
		code syscall.Errno
		want string
	}{
		{"/nowhere/100% films", unix.ENOENT, "/nowhere/100% films is not there; is its disk mounted? To make the folder: sudo install " +
			"-d -o petcam -g petcam -m 2770 '/nowhere/100% films'; " + opening(`'ReadWritePaths="-/nowhere/100%% films"'`)},
		{"/var/lib/petcam/recordings/a", unix.ENOENT, "/var/lib/petcam/recordings/a is not there; is its disk mounted? To make the " +
			"folder: sudo install -d -o petcam -g petcam -m 2770 /var/lib/petcam/recordings/a; " + restart},
		{"/srv", unix.EROFS, "petcam-streamer cannot write to /srv: it is not among the folders that it may write to: " +
			opening("ReadWritePaths=-/srv")},
		{"/srv", unix.EIO, "petcam-streamer cannot write to /srv: Input/output error; look at the disk: sudo journalctl -k"},
	} {
		if got := (folder{"recordings", c.path, "2770"}).trouble(c.code); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestAFolderIsTriedAndLeftAsItWas(t *testing.T) {
	there := t.TempDir()
	for path, want := range map[string]syscall.Errno{
		there: 0, filepath.Join(there, "nowhere"): unix.ENOENT, "/sys/kernel": unix.EACCES,
	} {
		if got := tryFolder(path); got != want && (want != unix.EACCES || got != unix.EPERM && got != unix.EROFS) {
			t.Errorf("%s: %v instead of %v", path, got, want)
		}
	}
	if left, _ := os.ReadDir(there); len(left) > 0 {
		t.Error(left)
	}
}

func TestDoctorSaysWhatIsWrongWithTheCommandLineAndTheFile(t *testing.T) {
	b := newBoard(t)
	b.expect("", []string{"doctor", "more"}, 2, "", "usage: petcam-streamer doctor *")
	b.configure("web: {port: many}")
	b.expect("", []string{"doctor"}, exitBadConfig, "", "*web.port: 'many' is not allowed*")
}

func TestDoctorFailsWhereSomethingIsBroken(t *testing.T) {
	var out strings.Builder
	d := &doctor{out: &out, config: config.Default()}
	d.say(look, "camera", "is off, %s", "100%")
	if d.isBroken || out.String() != "! look  camera          is off, 100%\n" {
		t.Errorf("%v %q", d.isBroken, out.String())
	}
	if d.say(broken, "disk", "is full"); !d.isBroken {
		t.Error("it is not broken")
	}
}
