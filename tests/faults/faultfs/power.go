package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// power knows what is on the disk after the power has failed: of each file its content and mode at its last fsync, of
// each folder the names at its last fsync. Folders themselves are never lost.
type power struct {
	ids   map[uint64]int            // of files, by inode; an inode's number is used again for another file
	files map[int]snapshot          // what was synced, by id
	names map[string]map[string]int // ids, by folder and name
	next  int                       // the id of the next file
}

type snapshot struct {
	content []byte
	mode    fs.FileMode
}

// track takes all that is there now as durable and begins to follow what becomes so.
func (d *disk) track() error {
	p := &power{ids: map[uint64]int{}, files: map[int]snapshot{}, names: map[string]map[string]int{}}
	err := filepath.WalkDir(d.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		p.files[p.idOf(path)] = snapshotOf(path)
		return nil
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.power = p
	return walkFolders(d.folder, func(folder string) error { p.names[folder] = p.namesOf(folder); return nil })
}

// created makes a file of a used inode number another one.
func (d *disk) created(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.power != nil {
		delete(d.power.ids, inode(path))
	}
}

// synced makes durable what the file holds now.
func (d *disk) synced(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.power != nil {
		d.power.files[d.power.idOf(path)] = snapshotOf(path)
	}
}

func (d *disk) syncedFolder(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.power != nil {
		d.power.names[path] = d.power.namesOf(path)
	}
}

// afterCut writes into a folder what the disk holds after the power has failed: with the names as they were synced, or
// as they are now. Both can happen.
func (d *disk) afterCut(into string, synced bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return walkFolders(d.folder, func(folder string) error {
		below, err := filepath.Rel(d.folder, folder)
		if err != nil {
			return err
		}
		to := filepath.Join(into, below)
		if err := os.MkdirAll(to, 0o750); err != nil {
			return err
		}
		names := d.power.names[folder]
		if !synced {
			names = d.power.namesOf(folder)
		}
		for name, id := range names {
			if err := d.power.files[id].write(filepath.Join(to, name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// write makes a file that holds the snapshot; one that was never synced is empty, and for its owner only.
func (s snapshot) write(path string) error {
	if err := os.WriteFile(path, s.content, 0o600); err != nil || s.mode == 0 {
		return err
	}
	return os.Chmod(path, s.mode)
}

func (p *power) idOf(path string) int {
	number := inode(path)
	if _, known := p.ids[number]; !known {
		p.ids[number] = p.next
		p.next++
	}
	return p.ids[number]
}

// namesOf are those of the files in a folder now.
func (p *power) namesOf(folder string) map[string]int {
	names := map[string]int{}
	entries, _ := os.ReadDir(folder) // of one that is gone there are none
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names[entry.Name()] = p.idOf(filepath.Join(folder, entry.Name()))
		}
	}
	return names
}

// snapshotOf is zero for a file that is gone.
func snapshotOf(path string) snapshot {
	info, err := os.Lstat(path)
	if err != nil {
		return snapshot{}
	}
	content, _ := os.ReadFile(path)
	return snapshot{content, info.Mode().Perm()}
}

// inode is 0 for a file that is gone.
func inode(path string) uint64 {
	var at syscall.Stat_t
	_ = syscall.Lstat(path, &at)
	return at.Ino
}

func walkFolders(top string, visit func(folder string) error) error {
	return filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return visit(path)
	})
}
