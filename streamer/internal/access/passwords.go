package access

import (
	"errors"
	"log/slog"
	"sync"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

// Passwords are the two, both in the state directory: the owner's and, if the owner wants, a second one for viewers. While
// no password is set, the first visitor within the first hour may set the owner's; after that hour only `sudo petcam
// password` on the board can. Safe for goroutines.
type Passwords struct {
	owner, viewer *PasswordFile
	place         *Place     // where it has trouble, nobody can log in
	hour          *FirstHour // nil: nobody may set a first password by the page

	hashing sync.Mutex // one hash at a time: each takes 16 MiB. Not held while a file is written
}

// NewPasswords reads nothing yet.
func NewPasswords(directory string, hour *FirstHour, place *Place, log *slog.Logger) *Passwords {
	return &Passwords{
		owner: newPasswordFile(directory, ownersKind(), log), viewer: newPasswordFile(directory, viewersKind(), log),
		place: place, hour: hour,
	}
}

// IsSet is true also where the file is damaged.
func (p *Passwords) IsSet() bool { return p.owner.isSet() }

// HasViewer is false also where the file is damaged.
func (p *Passwords) HasViewer() bool {
	generation, err := p.viewer.generation()
	return err == nil && generation != ""
}

// MayBeNew says whether a password that is not set was never set, and one that is set now is kept.
func (p *Passwords) MayBeNew() bool { return !p.IsSet() && p.PlaceTrouble() == nil }

// IsFirstVisit says whether the page may set the first password.
func (p *Passwords) IsFirstVisit() bool { return p.hour != nil && p.MayBeNew() && p.hour.IsOpen() }

// PlaceTrouble is what is wrong with where the files are.
func (p *Passwords) PlaceTrouble() *apierror.Error {
	if trouble := p.place.Trouble(); trouble != nil {
		return trouble
	}
	if p.IsSet() {
		return nil
	}
	return p.place.VolatileTrouble()
}

// Troubles are what is wrong with the files, as far as anybody meets it. What else is wrong where they are not where they
// were set up is no matter.
func (p *Passwords) Troubles() []*apierror.Error {
	if misplaced := p.PlaceTrouble(); misplaced != nil {
		return []*apierror.Error{misplaced}
	}
	found := []*apierror.Error{p.owner.trouble(), p.viewer.trouble()}
	if p.hour != nil && !p.IsSet() {
		found = append(found, p.hour.Trouble())
	}
	return some(found...)
}

// Generation is that of the passwords that the role depends on; empty where nobody can log in by it. Its error is
// StateDamaged, where that cannot be told now.
func (p *Passwords) Generation(role Role) (string, error) {
	if trouble := p.place.Trouble(); trouble != nil {
		return "", trouble
	}
	owner, err := p.owner.generation()
	if err != nil || role == Owner || owner == "" {
		return owner, err
	}
	viewer, err := p.viewer.generation()
	if err != nil || viewer == "" {
		return "", err
	}
	return owner + "-" + viewer, nil
}

// LogIn is the role that the password is for, and its generation; not ok where it is wrong. The generation is read before
// the password is checked: a password that changes meanwhile gives a session that has ended, rather than one of the new
// password.
func (p *Passwords) LogIn(password string) (role Role, generation string, ok bool) {
	before := p.generations()
	role, ok = p.Verify(password)
	if !ok || before[role] == "" {
		return "", "", false
	}
	return role, before[role], true
}

func (p *Passwords) generations() map[Role]string {
	found := map[Role]string{}
	for _, role := range roles() {
		found[role], _ = p.Generation(role)
	}
	return found
}

// Verify is the role that the password is for; not ok where it is wrong. Both hashes are always computed, so that the time
// of the answer does not tell whether it was right.
func (p *Passwords) Verify(password string) (role Role, ok bool) {
	asOwner, asViewer := p.check(password)
	if asOwner {
		return Owner, true
	}
	if owner, err := p.Generation(Owner); asViewer && err == nil && owner != "" {
		return Viewer, true
	}
	return "", false
}

func (p *Passwords) check(password string) (asOwner, asViewer bool) {
	p.hashing.Lock()
	defer p.hashing.Unlock()
	defer giveMemoryBack()
	return p.owner.matches(password), p.viewer.matches(password)
}

// Claim sets the first password, and gives its generation once it is durable. Its error is Forbidden where somebody was
// faster or the hour is over, else those of SetPassword.
func (p *Passwords) Claim(password string) (generation string, err error) {
	if err := requireLength(password); err != nil {
		return "", err
	}
	if !p.IsFirstVisit() {
		return "", apierror.New(apierror.Forbidden, "the time for a first password is over; use sudo petcam password")
	}
	return p.claim(password)
}

func (p *Passwords) claim(password string) (generation string, err error) {
	generation, err = p.set(p.owner, password, true)
	if errors.Is(err, state.ErrExists) {
		return "", apierror.New(apierror.Forbidden, "somebody else has just set the password; was it not you: sudo petcam password")
	}
	return generation, err
}

// SetPassword ends every session, and gives the new generation once it is durable. Its error is BadRequest, with a message
// for people, where it is too short or too long, StateNotWritten or StateNotSynced.
func (p *Passwords) SetPassword(password string) (generation string, err error) {
	if err := requireLength(password); err != nil {
		return "", err
	}
	return p.set(p.owner, password, false)
}

// SetViewerPassword ends the viewers' sessions. Its errors are as above, and BadRequest where it is the owner's password.
func (p *Passwords) SetViewerPassword(password string) error {
	if err := requireLength(password); err != nil {
		return err
	}
	if p.isOwners(password) {
		return apierror.New(apierror.BadRequest, "viewers need another password than the owner's").WithWords("commands.password.viewers_own")
	}
	_, err := p.set(p.viewer, password, false)
	return err
}

func (p *Passwords) isOwners(password string) bool {
	p.hashing.Lock()
	defer p.hashing.Unlock()
	defer giveMemoryBack()
	return p.owner.matches(password)
}

// RemoveViewerPassword lets nobody in by it from now on. Where it has an error, somebody may be after a restart.
func (p *Passwords) RemoveViewerPassword() error { return p.viewer.remove() }

func (p *Passwords) set(file *PasswordFile, password string, onlyFirst bool) (generation string, err error) {
	record := p.newRecord(password)
	if err := file.set(record, onlyFirst); err != nil {
		return "", err
	}
	return record.generation, nil
}

func (p *Passwords) newRecord(password string) passwordRecord {
	p.hashing.Lock()
	defer p.hashing.Unlock()
	defer giveMemoryBack()
	return newRecord(password)
}

// some are the troubles that are some.
func some(all ...*apierror.Error) (found []*apierror.Error) {
	for _, each := range all {
		if each != nil {
			found = append(found, each)
		}
	}
	return found
}
