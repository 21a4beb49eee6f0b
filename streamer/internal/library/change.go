package library

import (
	"errors"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/recordname"
)

// change does something with a recording by the name that it has now.
type change func(in folder, name string) error

// Delete fails with Conflict for one that still grows, which belongs to the recorder, and for a pinned one.
func (d *Directory) Delete(name string) error { return d.changeOne(name, remove) }

// Pin protects it from being deleted to make room. It does nothing where it is pinned already.
func (d *Directory) Pin(name string) error { return d.changeOne(name, pin) }

// Unpin does nothing where it is not pinned.
func (d *Directory) Unpin(name string) error { return d.changeOne(name, unpin) }

// DeleteAll deletes as if one after another, and says why each of those that failed did. Its error is of all: what was done
// may not outlive a power cut, or this process lacks something.
func (d *Directory) DeleteAll(names []string) (Failures, error) { return d.changeAll(names, remove) }

// PinAll pins them in the same way.
func (d *Directory) PinAll(names []string) (Failures, error) { return d.changeAll(names, pin) }

// UnpinAll unpins them in the same way.
func (d *Directory) UnpinAll(names []string) (Failures, error) { return d.changeAll(names, unpin) }

func (d *Directory) changeOne(name string, change change) error {
	failures, err := d.changeAll([]string{name}, change)
	if failure := failures[name]; failure != nil {
		return failure
	}
	return err
}

func (d *Directory) changeAll(names []string, change change) (Failures, error) {
	failures, changed := Failures{}, ""
	for _, name := range names {
		err := d.with(name, func(in folder) error {
			now, err := nameNow(in, name)
			if err != nil {
				return err
			}
			return change(in, now)
		})
		var failure *apierror.Error
		switch {
		case errors.As(err, &failure):
			failures[name] = failure
		case err != nil:
			return nil, err
		default:
			changed = name
		}
	}
	if changed == "" {
		return failures, nil
	}
	d.index.expire()
	return failures, d.with(changed, folder.Sync) // once for all
}

func remove(in folder, name string) error {
	here, err := exists(in, name)
	if err != nil {
		return err
	}
	if !here {
		if _, err := in.Stat(name + recordname.PartSuffix); err != nil {
			return err
		}
		return conflict("%s is being recorded; stop it first", name)
	}
	pinned, err := exists(in, name+recordname.PinSuffix)
	if err != nil {
		return err
	}
	if pinned {
		return conflict("%s is pinned; unpin it first", name)
	}
	return in.Unlink(name)
}

func pin(in folder, name string) error {
	if err := tryToOpen(in, name); err != nil {
		return err
	}
	if err := makePin(in, name); err != nil {
		return err
	}
	renamed, err := nameNow(in, name)
	if err != nil || renamed == name {
		return err
	}
	// Just now, and its pin with it, unless this came too late for that.
	if err := makePin(in, renamed); err != nil {
		return err
	}
	return unlinkIfThere(in, name+recordname.PinSuffix)
}

func unpin(in folder, name string) error {
	if err := tryToOpen(in, name); err != nil {
		return err
	}
	return unlinkIfThere(in, name+recordname.PinSuffix)
}

// tryToOpen fails where the recording cannot be opened.
func tryToOpen(in folder, name string) error {
	file, err := openAny(in, name)
	if err != nil {
		return err
	}
	return file.Close()
}

func makePin(in folder, name string) error {
	if err := in.MakePin(name + recordname.PinSuffix); !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}

func unlinkIfThere(in folder, name string) error {
	if err := in.Unlink(name); !isMissing(err) {
		return err
	}
	return nil
}
