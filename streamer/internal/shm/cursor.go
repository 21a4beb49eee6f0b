package shm

import (
	"sync/atomic"
	"time"

	"petcam/streamer/internal/h264"
)

// Cursor is a Reader's position in its segment, and what its Layout reports to it.
type Cursor struct {
	Next    uint64 // number of the record to read
	Seeking bool   // pass over records up to a keyframe
	Gap     bool   // something was missed since the last access unit
	Begun   bool   // an access unit has been returned
	Arena   Arena  // memory for the data of access units

	name    string
	options options
	status  status
	skipped atomic.Uint64
}

// Begin starts at record n of a segment or of a writer that is new to the Reader.
func (c *Cursor) Begin(n uint64) { c.Next, c.Seeking, c.Gap = n, true, c.Begun }

// Rewind goes back, or forward, to the keyframe in record n.
func (c *Cursor) Rewind(n uint64) { c.Next, c.Seeking, c.Gap = n, true, false }

// Advance goes to the next record after an access unit; those before oldest are gone.
func (c *Cursor) Advance(unit h264.AccessUnit, oldest uint64) {
	c.Next++
	c.Seeking, c.Gap, c.Begun = false, false, true
	c.status.came(unit, oldest)
}

// PassOver goes to the next record after an access unit that is no keyframe, where one is sought. It is counted where
// something was missed; a reader that has only begun missed nothing.
func (c *Cursor) PassOver(unit h264.AccessUnit, oldest uint64) {
	if c.Gap {
		c.skipped.Add(1)
	}
	c.Next++
	c.status.came(unit, oldest)
}

// SkipTo gives up the records before n, which are counted, and seeks the next keyframe.
func (c *Cursor) SkipTo(n uint64) {
	c.skipped.Add(n - c.Next)
	c.Next, c.Seeking, c.Gap = n, true, true
}

// Refuse reports that a record is not returned; a Refusal is shown as the state's message and logged now and then.
func (c *Cursor) Refuse(reason error) { c.status.refuse(c.options.log, c.name, reason) }

// NoteHeartbeat reports the heartbeat that the segment has now.
func (c *Cursor) NoteHeartbeat(ns uint64) { c.status.noteHeartbeat(ns) }

// WaitForChange sleeps until *word is no longer seen, or somebody calls Notify on the Reader's Wakeup; MaxSleep at most.
func (c *Cursor) WaitForChange(word *uint32, seen uint32) {
	if !c.waitForWakeup() {
		waitFutex(word, seen, MaxSleep)
	}
}

// WaitFor is WaitForChange where no word changes with a record: it sleeps for a time instead.
func (c *Cursor) WaitFor(span time.Duration) {
	if !c.waitForWakeup() {
		Sleep(span)
	}
}

// waitForWakeup says whether the Reader has a Wakeup, after waiting for it.
func (c *Cursor) waitForWakeup() bool {
	if c.options.wakeup == nil {
		return false
	}
	c.options.wakeup.wait(c.options.timer, MaxSleep)
	return true
}
