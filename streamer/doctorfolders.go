package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/place"
	"petcam/streamer/internal/state"
)

const (
	trialTimeout = 10 * time.Second // a disk that hangs must not hang who asks
	probeName    = ".petcam-probe"

	streamerUnit  = "petcam-streamer.service"
	streamerUser  = "petcam"
	packageState  = "/var/lib/petcam"
	streamerState = "/var/lib/petcam-streamer"

	dropIn   = "/etc/systemd/system/petcam-$service.service.d/recordings.conf"
	restart  = "sudo systemctl restart petcam.target"
	tmpFiles = "sudo systemd-tmpfiles --create --boot petcam-streamer.conf; sudo systemctl restart petcam.target"
	showDisk = "look at the disk: sudo journalctl -k"
)

// folder is one that the service writes to.
type folder struct{ subject, path, mode string }

// checkFolders lets the service try each. The state is petcam-web's unless this service serves the page.
func (d *doctor) checkFolders(withRecordings bool) {
	if d.config.Web.Server == "go" {
		d.checkFolder(folder{"state", state.Directory(), "0750"})
	}
	if withRecordings {
		d.checkFolder(folder{"recordings", d.config.Recording.Directory, "2770"})
	}
	if exists(streamerState) {
		d.checkFolder(folder{"streamer state", streamerState, "0700"})
	}
}

func (d *doctor) checkFolder(f folder) {
	errno, who, ran := tryAsService(f.path)
	isRoot, isInstalled := os.Geteuid() == 0, isInstalled()
	info, err := os.Lstat(f.path)
	isAbsent := errno == unix.ENOENT && (err != nil || info.Mode()&os.ModeSymlink == 0)
	switch {
	case who == "":
		d.say(broken, f.subject, "%s: a write does not end within 10 s: %s", f.path, showDisk)
	case !ran:
		d.say(look, f.subject, "%s: petcam-streamer could not be let try it: %s", f.path, who)
	case isAbsent && (!isRoot || !isInstalled):
		d.say(look, f.subject, "%s is not there; petcam makes it when it first needs it", f.path)
	case !isRoot && isInstalled && (errno == unix.EACCES || errno == unix.EPERM):
		d.say(look, f.subject, "only root can try whether petcam-streamer may write to %s: sudo petcam doctor", f.path)
	case errno != 0:
		d.say(broken, f.subject, "%s", f.trouble(errno))
	case isInstalled && who != "as "+streamerUnit:
		d.say(fine, f.subject, "%s; tried %s", f.path, who)
	default:
		d.say(fine, f.subject, "%s", f.path)
	}
}

// isInstalled says whether the package is, which makes the user; a checkout has one user.
func isInstalled() bool {
	_, err := user.Lookup(streamerUser)
	return err == nil
}

// trouble is what is wrong, and the remedy.
func (f folder) trouble(code syscall.Errno) string {
	cannot, quoted := "petcam-streamer cannot write to "+f.path, place.Quoted(f.path)
	var disk unix.Statfs_t
	_ = unix.Statfs(f.path, &disk)
	switch {
	case code == unix.ENOENT && (f.path == packageState || f.path == packageState+"/recordings"):
		return fmt.Sprintf("%s is not there; is its disk mounted? To make the folder: %s", f.path, tmpFiles)
	case code == unix.ENOENT:
		return fmt.Sprintf("%s is not there; is its disk mounted? To make the folder: sudo install -d -o %[2]s -g %[2]s -m %[3]s %[4]s; %[5]s",
			f.path, streamerUser, f.mode, quoted, f.opening())
	case code == unix.EROFS && disk.Flags&unix.ST_RDONLY == 0:
		return fmt.Sprintf("%s: it is not among the folders that it may write to: %s", cannot, f.opening())
	case code == unix.EROFS:
		point := mountPoint(f.path)
		return fmt.Sprintf("%s: %s is read-only; the kernel's log may say why; to make it writable: sudo mount -o remount,rw %s; %s",
			cannot, point, place.Quoted(point), restart)
	case code == unix.EACCES || code == unix.EPERM:
		owner := "petcam:petcam"
		if !isInstalled() {
			owner = ownName()
		}
		return fmt.Sprintf("%s: %s: sudo chown %[5]s %[3]s; sudo chmod %[4]s %[3]s", cannot, state.Strerror(code), quoted, f.mode, owner)
	case code == unix.ENOSPC:
		return fmt.Sprintf("%s: no space is left on %[2]s: delete something; most is in: sudo du -x %[2]s | sort -n | tail",
			cannot, place.Quoted(mountPoint(f.path)))
	}
	return fmt.Sprintf("%s: %s; %s", cannot, state.Strerror(code), showDisk)
}

// opening is what lets the services' sandbox write there; petcam.yaml(5) has the same.
func (f folder) opening() string {
	if f.path == packageState || f.path == streamerState || isBelow(f.path, packageState+"/recordings") {
		return restart // it is opened; it was not there, or read-only, when they started
	}
	opened := f.path // a folder below a disk's would hide the next disk mounted there
	if point := mountPoint(f.path); point != "/" {
		opened = point
	}
	word := strings.ReplaceAll("-"+opened, "%", "%%") // as systemd has it
	if place.Quoted(word) != word {
		word = strconv.Quote(word)
	}
	return fmt.Sprintf("for service in web streamer; do printf '%%s\\n' '[Service]' %s | sudo install -D -m 644 /dev/stdin %s; done; "+
		"sudo systemctl daemon-reload; %s", place.Quoted("ReadWritePaths="+word), dropIn, restart)
}

// mountPoint is where the disk of a path is mounted, or would be.
func mountPoint(path string) string {
	var here, above unix.Stat_t
	for ; path != "/"; path = filepath.Dir(path) {
		isThere := unix.Stat(path, &here) == nil
		if isThere && unix.Stat(filepath.Dir(path), &above) == nil && here.Dev != above.Dev {
			return path
		}
	}
	return path
}

// tryFolder makes a file, and says why it cannot. It is what a process does that runs as the service does.
func tryFolder(path string) (errno syscall.Errno) {
	path = filepath.Join(path, probeName)
	_ = os.Remove(path)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err == nil {
		err = os.Remove(path)
		if err == nil {
			_, err = file.Write(make([]byte, 256<<10)) // the largest file of the state
		}
		err = errors.Join(err, file.Sync(), file.Close())
	}
	_ = errors.As(err, &errno)
	return errno
}

// tryAsService has another process try a folder as the service does, in its namespace of mounts: from outside, a folder
// that its sandbox makes read-only looks like any other. who is as whom it ran, or why it did not; empty: it does not end.
func tryAsService(path string) (errno syscall.Errno, who string, ran bool) {
	own, err := os.Executable()
	if err != nil {
		return 0, err.Error(), false
	}
	run := exec.Command(own, "doctor", "--try", path)
	var said, wrong bytes.Buffer
	run.Stdout, run.Stderr, run.Dir = &said, &wrong, "/"
	who = becomeService(run)
	if err := run.Start(); err != nil {
		return 0, err.Error(), false
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }() // a disk that hangs may hold it for ever: then this ends with the command
	select {
	case err = <-ended:
	case <-time.After(trialTimeout):
		_ = run.Process.Kill()
		return 0, "", false
	}
	number, failed := strconv.Atoi(strings.TrimSpace(said.String()))
	if err = errors.Join(err, failed); err != nil {
		lines := strings.Split(strings.TrimSpace(wrong.String()), "\n")
		return 0, cmp.Or(lines[len(lines)-1], err.Error()), false
	}
	return syscall.Errno(number), who, true
}

// becomeService makes a program that is to run that of the service's user, where the service runs; it says who that is.
func becomeService(run *exec.Cmd) (who string) {
	account, err := user.Lookup(streamerUser)
	switch {
	case os.Geteuid() != 0:
		return "as you, not as the service"
	case err != nil:
		return "as root"
	}
	pid := strings.TrimSpace(ask("systemctl", "show", "--property=MainPID", "--value", streamerUnit))
	if number, err := strconv.Atoi(pid); err == nil && number > 0 {
		run.Args = append([]string{"nsenter", "-t", pid, "-m", "-S", account.Uid, "-G", account.Gid}, run.Args...)
		run.Path, run.Err = exec.LookPath("nsenter")
		return "as " + streamerUnit
	}
	user, _ := strconv.ParseUint(account.Uid, 10, 32)
	group, _ := strconv.ParseUint(account.Gid, 10, 32)
	run.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(group)}}
	return fmt.Sprintf("as user %s without the sandbox, for %s does not run", streamerUser, streamerUnit)
}
