package library

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/recordname"
)

// maxWritePause is how long after its last write a file may still grow; the recorder closes one after 11 s without data.
const maxWritePause = 15 // seconds

// The states of a recording.
const (
	Complete   = "complete"
	Growing    = "recording"
	Unfinished = "unfinished" // a crash left it
)

// Recording is a row of a list.
type Recording struct {
	Name     string
	Day      string    // YYYY-MM-DD, under which it is counted and found
	Start    time.Time // local time, with its offset
	Duration float64   // seconds
	Size     int64     // bytes
	Frames   int64     // -1 unless it is complete
	Shape    Shape
	Pinned   bool
	Kind     string // one of Kinds
	State    string
}

// Totals are of all recordings, whichever are wanted.
type Totals struct {
	Count int
	Used  int64 // bytes
	Free  int64 // bytes that are free on the disk
}

// Page is some recordings, newest first.
type Page struct {
	Recordings []Recording
	Next       string // what to pass as before for the next page; empty: there is none
	Totals     Totals
}

// Day is one that has recordings.
type Day struct {
	Day    string // YYYY-MM-DD
	Count  int
	Pinned int // of these
}

// Page has the newest recordings, at most limit. Where before is the Next of a page, or the name of a recording, even of
// one that was deleted, only older ones.
//
// Only the files of the page are opened. It is empty while there is no directory.
func (d *Directory) Page(limit int, before string, wanted Wanted) (Page, error) {
	var page Page
	err := d.listed(wanted.areByDay(), func(in folder, all *listing, totals Totals) error {
		page.Totals = totals
		newest := d.older(all, before, wanted, limit+1)
		if len(newest) > limit {
			newest = newest[:limit]
			last := newest[limit-1]
			page.Next = last.key.Name + "@" + strconv.FormatInt(last.end, 10)
		}
		for _, each := range newest {
			if row, there := d.describe(in, each, all); there {
				page.Recordings = append(page.Recordings, row)
			}
		}
		return nil
	})
	return page, err
}

// Days has the days that have recordings, newest first. No file is opened for them.
func (d *Directory) Days(wanted Wanted) (days []Day, totals Totals, err error) {
	type count struct{ all, pinned int }
	counts := map[int32]count{}
	err = d.listed(true, func(_ folder, all *listing, found Totals) error {
		totals = found
		has := wanted.filter(all)
		for _, each := range all.entries {
			if !has(each) {
				continue
			}
			of := counts[each.day]
			of.all++
			if all.isPinned(each.key.Name) {
				of.pinned++
			}
			counts[each.day] = of
		}
		return nil
	})
	for day, of := range counts {
		days = append(days, Day{dayText(day), of.all, of.pinned})
	}
	slices.SortFunc(days, func(a, b Day) int { return cmp.Compare(b.Day, a.Day) })
	return days, totals, err
}

// listed does something with what is listed; nothing while there is no directory.
func (d *Directory) listed(byDay bool, do func(in folder, all *listing, totals Totals) error) error {
	in, err := d.open()
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return d.listingError(err)
	}
	defer func() { _ = in.Close() }() // it is only read from
	all, err := d.index.look(in, byDay)
	if err == nil {
		var free int64
		if free, err = in.Free(); err == nil {
			err = do(in, all, Totals{len(all.entries), all.used, free})
		}
	}
	if errors.Is(err, unix.ENOENT) || err == nil {
		return nil
	}
	return d.listingError(err)
}

// older are those that are wanted, at most so many, by their ends: names are local time, which may go back.
func (d *Directory) older(all *listing, before string, wanted Wanted, most int) (found []*entry) {
	at, has := len(all.entries), wanted.filter(all)
	if cursor := d.cursor(all, before); cursor != nil {
		at = sort.Search(at, func(n int) bool { return all.entries[n].compare(cursor) >= 0 })
	}
	for at--; at >= 0 && len(found) < most; at-- {
		if each := all.entries[at]; has(each) {
			found = append(found, each)
		}
	}
	return found
}

// cursor is where a page begins; nil: at the newest. Of a name alone, whose file was deleted, only the start is known.
func (d *Directory) cursor(all *listing, before string) *entry {
	name, ended, hasEnd := strings.Cut(before, "@")
	key, ok := recordname.KeyOf(name)
	if !ok {
		return nil
	}
	if hasEnd {
		if !isShortNumber(ended) {
			return nil
		}
		end, err := strconv.ParseInt(ended, 10, 64)
		if err != nil { // later than any file
			end = math.MaxInt64
		}
		return &entry{key: key, end: end}
	}
	for _, each := range all.entries {
		if each.key.Name == name {
			return each
		}
	}
	return &entry{key: key, end: nearest(startByName(key.Start, math.Inf(1), d.zone) * 1e9)}
}

func isShortNumber(text string) bool {
	if text == "" || len(text) > 19 {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}

// describe is false where it was deleted since it was listed.
func (d *Directory) describe(in folder, e *entry, all *listing) (Recording, bool) {
	seen, there := lookInto(in, e)
	if !there {
		return Recording{}, false
	}
	start := startOf(seen.table, e.key, seen.end, d.zone)
	row := Recording{
		Name: e.key.Name, Day: dayText(e.day), Start: time.Unix(int64(start), 0).In(d.zone),
		Duration: max(0, seen.end-start), Size: seen.size, Frames: -1,
		Pinned: all.isPinned(e.key.Name), Kind: kindOf(e.key.Name), State: Complete,
	}
	now := d.now()
	switch {
	case seen.growing && float64(now.UnixNano())/1e9-seen.end < maxWritePause:
		row.State = Growing
	case seen.growing:
		row.State = Unfinished
	case seen.table != nil: // exact to the frame, and a copy of the file may have another time
		row.Duration, row.Frames = seen.table.duration, int64(seen.table.frames)
	}
	if seen.table != nil {
		row.Shape = seen.table.shape
	}
	return row, true
}

// opened is what a recording's file says.
type opened struct {
	table   *table
	end     float64 // Unix time
	size    int64
	growing bool
}

// lookInto looks at a recording's file; where it cannot be read, what is known of it stays. False: it is gone.
func lookInto(in folder, e *entry) (opened, bool) {
	seen := opened{nil, float64(e.end) / 1e9, e.size, e.growing}
	file, err := openAny(in, e.key.Name)
	if err != nil {
		return seen, !isMissing(err)
	}
	defer func() { _ = file.Close() }() // it is only read
	table, err := readTable(file)
	if err != nil {
		return seen, true
	}
	seen.table = table
	if info, err := file.Stat(); err == nil {
		at := info.ModTime()
		seen.end, seen.size = stamp{seconds: at.Unix(), nanoseconds: int64(at.Nanosecond())}.unix(), info.Size()
	}
	if seen.growing { // it may have been finished since it was listed
		finished, err := exists(in, e.key.Name)
		seen.growing = err != nil || !finished
	}
	return seen, true
}
