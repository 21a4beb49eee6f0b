// Package place keeps recordings on the disk that they belong on: a folder whose disk is not mounted looks like an empty
// one, and what is written there vanishes under the disk when that comes. docs/recordings.md, "The disk", has the rules.
// It imports state.
package place

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

const mountInfo = "/proc/self/mountinfo"

// Missing is why a folder is not to be used: its disk is not there. Its text is one line, with the remedy.
type Missing struct{ message string }

func (m *Missing) Error() string { return m.message }

// Place is the folder of recordings. Its methods may be called from any goroutine; those of nil allow everything.
type Place struct {
	path      string
	directory string // of the memory
	system    system
	log       *slog.Logger

	// mu guards what follows, and is held while a folder is looked at.
	mu     sync.Mutex
	memory memory
	logged string // why mark or memory could not be written
}

// system is the part of the machine that tests replace.
type system struct {
	device  func(path string) (number uint64, ok bool) // that a file is on; links are followed
	planned func() string                              // the text of fstab
	mounts  func() string                              // and of mountinfo
}

// New makes the Place of a folder, which is remembered in the state directory.
func New(path, stateDirectory string, log *slog.Logger) *Place {
	return newPlace(path, stateDirectory, system{deviceOf, reading("/etc/fstab"), reading(mountInfo)}, log)
}

func newPlace(path, stateDirectory string, s system, log *slog.Logger) *Place {
	kept, err := readMemory(stateDirectory)
	if err != nil {
		log.Warn("what is known of the recordings' disk cannot be read", "error", err)
	}
	return &Place{path: filepath.Clean(path), directory: stateDirectory, system: s, log: log, memory: kept}
}

func deviceOf(path string) (uint64, bool) {
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		return 0, false
	}
	return uint64(s.Dev), true //nolint:unconvert // another type on some machines
}

// reading gives a function that reads a file; where it cannot be read nothing is known of disks.
func reading(path string) func() string {
	return func() string {
		text, _ := os.ReadFile(path)
		return string(text)
	}
}

// found is what there is of the folder now.
type found struct {
	path   string // without links
	exists bool
	mark   mark
	mount  string // the mount point of the disk that it is on, or would be
}

// Look says whether the folder may be used, or made where it is not there; it changes nothing. Its error is a *Missing.
func (p *Place) Look() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := p.find()
	if err != nil {
		return nil // a fault of the disk, which whoever uses it sees
	}
	return p.judge(f)
}

// Enter is Look for the folder that was opened, which is from now on the one to find here. Its error is a *Missing, or
// of the disk.
func (p *Place) Enter(opened *os.Root) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := p.find()
	if err != nil {
		return err
	}
	if err := p.judge(f); err != nil {
		return err
	}
	if err := p.isStill(opened); err != nil {
		return err
	}
	p.settle(f)
	return nil
}

// isStill fails with fs.ErrNotExist where the path no longer leads to what was opened: a disk came or went.
func (p *Place) isStill(opened *os.Root) error {
	here, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	there, err := opened.Stat(".")
	if err == nil && !os.SameFile(here, there) {
		err = &fs.PathError{Op: "open", Path: p.path, Err: fs.ErrNotExist}
	}
	return err
}

// find looks at the folder. mu must be held.
func (p *Place) find() (f found, err error) {
	f.path = resolve(p.path)
	f.mount = p.mountOf(f.path)
	if _, f.exists = p.system.device(f.path); f.exists {
		f.mark, err = readMark(f.path)
	}
	return f, err
}

// judge says why what was found is not to be used. mu must be held.
func (p *Place) judge(f found) error {
	known, isKnown := p.memory[p.path]
	isSame := isKnown && f.mark.id == known.ID
	if point := p.unmounted(f); point != "" {
		return &Missing{fmt.Sprintf("The disk of %s is not mounted, where recording.directory lies. Take its line out of "+
			"/etc/fstab where there is no such disk any more; else connect it, then: sudo mount %s", point, Quoted(point))}
	}
	switch {
	case isSame || f.mark.consent:
		return nil
	case isKnown && known.Mount != "":
		return &Missing{fmt.Sprintf("The disk of recording.directory is not mounted on %s, or another is; connect and mount it. "+
			"To record there all the same: %s", known.Mount, p.consent(f))}
	case !isKnown && f.mark.id == "" && isForDisks(f.path, f.mount):
		return &Missing{fmt.Sprintf("No disk is mounted where recording.directory lies; connect and mount it. "+
			"To record there all the same: %s", p.consent(f))}
	}
	return nil
}

// consent is what the owner types to have another disk, or none; the restart opens a folder that the sandbox closed when
// its disk went.
func (p *Place) consent(f found) string {
	command := "sudo truncate -s 0 " + Quoted(filepath.Join(p.path, markFile))
	if !f.exists {
		command = "sudo install -d -o petcam -g petcam -m 2770 " + Quoted(p.path) + "; " + command
	}
	return command + "; sudo systemctl restart petcam.target"
}

// settle makes the folder the one that is known. A new disk, or none any more, gets a new id: a copy of the mark on what
// was used before must not pass for it. What cannot be written is tried again the next time. mu must be held.
func (p *Place) settle(f found) {
	known := p.memory[p.path]
	now := remembered{f.mark.id, f.mount}
	if p.isSystems(f.mount) {
		now.Mount = ""
	}
	if now == known && now.ID != "" {
		return
	}
	var err error
	if now.ID == "" || now.ID == known.ID {
		now.ID = newID()
		err = writeMark(f.path, now.ID)
	}
	if err == nil {
		p.memory[p.path] = now
		err = writeMemory(p.directory, p.memory)
	}
	p.logFailure(err)
}

// logFailure logs what could not be written, once. mu must be held.
func (p *Place) logFailure(err error) {
	words := ""
	if err != nil {
		words = err.Error()
	}
	if words != "" && words != p.logged {
		p.log.Warn("it cannot be noted on which disk the recordings are", "error", err)
	}
	p.logged = words
}

// mountOf is the mount point of the disk that a path is on; of one that is not there, of what it would be in.
func (p *Place) mountOf(path string) string {
	device, exists := p.system.device(path)
	for !exists && path != "/" {
		path = filepath.Dir(path)
		device, exists = p.system.device(path)
	}
	for path != "/" {
		parent := filepath.Dir(path)
		if number, ok := p.system.device(parent); ok && number != device {
			break
		}
		path = parent
	}
	return path
}

// isSystems says whether a disk is there whenever the service is: that of the system, or of the service's own state.
func (p *Place) isSystems(mount string) bool {
	return mount == "/" || mount == p.mountOf(resolve(p.directory))
}

// unmounted is the mount point of fstab that what was found lies in while nothing is mounted there; empty: there is none.
func (p *Place) unmounted(f found) string {
	var there map[string]bool
	for _, point := range plannedMounts(p.system.planned()) {
		real := resolve(point)
		if !within(f.path, real) || within(f.mount, real) { // or it is mounted itself, or what is in it
			continue
		}
		if there == nil {
			there = mounted(p.system.mounts())
		}
		if !there[real] { // one of the same device is only seen there: a bind, NFS
			return point
		}
	}
	return ""
}

// isForDisks says whether a path is in one of the folders in which disks are mounted, and on none.
func isForDisks(path, mount string) bool {
	for _, folder := range []string{"/mnt", "/media", "/run/media"} {
		if within(path, folder) && !within(mount, folder) {
			return true
		}
	}
	return false
}

// within says whether a path is a folder or in it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// resolve is a path without links, as far as it is there.
func resolve(path string) string {
	path = filepath.Clean(path)
	if real, err := filepath.EvalSymlinks(path); err == nil || path == "/" {
		return real
	}
	return filepath.Join(resolve(filepath.Dir(path)), filepath.Base(path))
}

// Quoted is a word as a shell takes it, as Python's shlex.quote has it.
func Quoted(word string) string {
	if word != "" && strings.Trim(word, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+:@%=,") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
}
