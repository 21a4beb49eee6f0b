package library

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"petcam/streamer/internal/recordname"
)

const (
	maxRecordings = 100_000           // some 40 MiB; of more, the oldest by their names are left out
	maxListed     = 5 * maxRecordings // names in memory while they are read
	maxLook       = 5 * time.Second
	// timeStep is that of FAT, the coarsest: a folder that has changed just now may change again in the same step.
	timeStep     = 2_000_000_000 // ns
	checkedFiles = 500
	openedFiles  = 500 // at one look
	// maxLikely is how many seconds before the file's end a name's time may be to be believed. A long recording's files
	// have half an hour each, and time zones are an hour or more apart.
	maxLikely = 35 * 60
)

// entry is what is known of a recording without opening it. Nobody changes one. They are in the order of their ends, and
// at the same moment of their names.
type entry struct {
	end     int64 // time of modification, ns since 1970
	key     recordname.Key
	size    int64 // bytes
	day     int32 // of its beginning, in local time: YYYYMMDD
	growing bool  // it is stored as .part
}

func (e *entry) compare(other *entry) int {
	return cmp.Or(
		cmp.Compare(e.end, other.end), cmp.Compare(e.key.Start, other.key.Start),
		cmp.Compare(e.key.Number, other.key.Number), strings.Compare(e.key.Name, other.key.Name),
	)
}

// stored is the name of its file.
func (e *entry) stored() string {
	if e.growing {
		return e.key.Name + recordname.PartSuffix
	}
	return e.key.Name
}

// listing is all recordings as they were at one moment. Nobody changes one.
type listing struct {
	entries []*entry // what ended last is the last
	pinned  map[string]struct{}
	used    int64 // bytes
}

func (l *listing) isPinned(name string) bool {
	_, pinned := l.pinned[name]
	return pinned
}

// index keeps what is known of every recording from request to request: with 50,000 files neither all of them can be
// looked at each time, nor all names be read for each of the requests that scrolling makes.
//
// Names are listed only where the folder may have changed, by its own time of modification; only new files are looked at.
// Some file systems keep no such time, or not for every change (exFAT's program does not where a file is renamed, and
// says 1970 after each mount), and a file may change without its folder's: so names are listed at least every maxLook,
// and at each look the files that grow and checkedFiles of the others are looked at again, in turn; where one of them is
// gone, names are listed at once. Up to that many recordings, nothing is ever out of date.
type index struct {
	zone   *time.Location
	now    func() time.Time
	limits limits

	mu       sync.Mutex // guards all of these
	folder   identity   // without its time
	looked   look
	stored   map[string]seen // names of files, pins too, that are accounted for
	lists    uint32          // how often names were listed
	entries  map[string]*entry
	growing  map[string]struct{}
	turn     []string // whose files are looked at next
	doubtful map[string]struct{}
	listing  *listing
}

// limits are less in tests.
type limits struct{ recordings, listed, checked, opened int }

// look is when names were listed, and the folder's time of modification then; nothing: never, or they are to be again.
type look struct {
	at      time.Time
	changed int64
}

// seen is at which listings a name was there first, and last.
type seen struct{ first, last uint32 }

func newIndex(zone *time.Location, now func() time.Time) *index {
	i := &index{zone: zone, now: now, limits: limits{maxRecordings, maxListed, checkedFiles, openedFiles}}
	i.beginAnew(identity{})
	return i
}

// look returns the recordings in the folder. Where their days matter, files that do not bear out their names are opened,
// each once.
func (i *index) look(in folder, withDays bool) (*listing, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	here, err := in.Identity()
	if err != nil {
		return nil, err
	}
	if where := (identity{device: here.device, inode: here.inode}); where != i.folder {
		i.beginAnew(where)
	}
	changed := map[string]struct{}{}
	if err := i.lookAgain(in, here.changed, changed); err != nil {
		i.beginAnew(identity{}) // not all is accounted for
		return nil, err
	}
	if withDays {
		i.readDays(in, changed)
	}
	if len(changed) > 0 {
		i.putInOrder(changed)
	}
	return i.listing, nil
}

// lookAgain looks at what may have changed, and adds the names of the recordings of which something is new.
func (i *index) lookAgain(in folder, folderChanged int64, changed map[string]struct{}) error {
	if !i.isUpToDate(folderChanged) {
		if err := i.list(in, folderChanged, changed); err != nil {
			return err
		}
	}
	if err := i.check(in, changed); err != nil {
		return err
	}
	if i.looked == (look{}) { // one is gone, of which the folder's time said nothing
		return i.list(in, folderChanged, changed)
	}
	return nil
}

// expire is called after a change, also for file systems whose folders do not tell.
func (i *index) expire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.looked = look{}
}

func (i *index) beginAnew(where identity) {
	i.folder, i.looked = where, look{}
	i.stored, i.entries = map[string]seen{}, map[string]*entry{}
	i.growing, i.doubtful = map[string]struct{}{}, map[string]struct{}{}
	i.turn, i.listing = nil, &listing{}
}

func (i *index) isUpToDate(changed int64) bool {
	isSettled := changed > 0 && i.looked.at.UnixNano()-changed >= timeStep
	return changed == i.looked.changed && isSettled && i.now().Sub(i.looked.at) < maxLook
}

// list lists the names.
func (i *index) list(in folder, folderChanged int64, changed map[string]struct{}) error {
	looked := look{i.now(), folderChanged}
	names, err := i.recordingsAndPins(in)
	if err != nil {
		return err
	}
	for _, name := range i.compare(names) {
		key, is := recordname.KeyOf(recordingOf(name))
		if !is {
			continue
		}
		changed[key.Name] = struct{}{}
		if err := i.accountFor(in, key); err != nil {
			return err
		}
	}
	i.looked = looked
	return nil
}

// compare takes note of which names are there, and returns those that are new or gone.
func (i *index) compare(names []string) (differ []string) {
	i.lists++
	for _, name := range names {
		known, is := i.stored[name]
		if !is {
			known.first = i.lists
			differ = append(differ, name)
		}
		known.last = i.lists
		i.stored[name] = known
	}
	for name, known := range i.stored {
		if known.last != i.lists {
			differ = append(differ, name)
			delete(i.stored, name)
		}
	}
	return differ
}

// isListed says whether the last listing had the name, isNew whether none before had.
func (i *index) isListed(name string) bool { return i.stored[name].last == i.lists }
func (i *index) isNew(name string) bool    { return i.stored[name].first == i.lists }

// accountFor looks at a recording of which a file has come or gone.
func (i *index) accountFor(in folder, key recordname.Key) error {
	stored := key.Name
	if !i.isListed(stored) {
		stored += recordname.PartSuffix
	}
	if i.isListed(stored) {
		if noted, err := i.note(in, key, stored); noted || err != nil {
			return err
		}
	}
	i.forget(key.Name)
	for _, name := range []string{key.Name, key.Name + recordname.PartSuffix} {
		if i.isNew(name) { // a link, a folder: it may be a file the next time
			delete(i.stored, name)
		}
	}
	return nil
}

// check looks at the files that grow, and at some others.
func (i *index) check(in folder, changed map[string]struct{}) error {
	others := i.takeTurn(i.limits.checked)
	if left := i.limits.checked - len(others); left > 0 {
		i.turn = make([]string, 0, len(i.listing.entries)) // always in the same order, so that each has its turn
		for _, each := range i.listing.entries {
			i.turn = append(i.turn, each.key.Name)
		}
		others = append(others, i.takeTurn(left)...)
	}
	for name := range i.growing {
		others = append(others, name)
	}
	for _, name := range others {
		if err := i.checkOne(in, name, changed); err != nil {
			return err
		}
	}
	return nil
}

func (i *index) takeTurn(most int) []string {
	count := min(most, len(i.turn))
	taken := i.turn[:count:count]
	i.turn = i.turn[count:]
	return taken
}

func (i *index) checkOne(in folder, name string, changed map[string]struct{}) error {
	known := i.entries[name]
	if known == nil {
		return nil
	}
	if _, err := i.note(in, known.key, known.stored()); err != nil {
		return err
	}
	if i.entries[name] != known {
		changed[name] = struct{}{}
	}
	return nil
}

// note is false where there is no such file; what is known of it stays, for listing tells what is gone.
func (i *index) note(in folder, key recordname.Key, stored string) (bool, error) {
	info, err := in.Stat(stored)
	if isMissing(err) { // deleted or renamed since it was listed
		i.looked = look{}
		return false, nil
	}
	if err != nil || !info.regular {
		return false, err
	}
	known, growing := i.entries[key.Name], stored != key.Name
	if known != nil && known.end == info.end && known.size == info.size && known.growing == growing {
		return true, nil
	}
	day := int32(0)
	if known != nil {
		day, key = known.day, known.key
	} else {
		day = i.dayByName(key, info.unix())
	}
	i.entries[key.Name] = &entry{info.end, key, info.size, day, growing}
	if growing {
		i.growing[key.Name] = struct{}{}
	} else {
		delete(i.growing, key.Name)
	}
	return true, nil
}

func (i *index) forget(name string) {
	delete(i.entries, name)
	delete(i.growing, name)
	delete(i.doubtful, name)
}

// dayByName is the day that the name says. Where the end does not bear the name out, as after a change of the time zone,
// the file is to be asked.
func (i *index) dayByName(key recordname.Key, end float64) int32 {
	if length := end - startByName(key.Start, end, i.zone); length < 0 || length > maxLikely {
		i.doubtful[key.Name] = struct{}{}
	}
	return int32(key.Start / 1_000_000)
}

// readDays reads those of some files for which that is needed, whatever comes of it once.
func (i *index) readDays(in folder, changed map[string]struct{}) {
	left := i.limits.opened
	for name := range i.doubtful {
		if left == 0 {
			return
		}
		left--
		delete(i.doubtful, name)
		known := i.entries[name]
		if day := i.dayByFile(in, known); day != known.day {
			another := *known
			another.day = day
			i.entries[name] = &another
			changed[name] = struct{}{}
		}
	}
}

func (i *index) dayByFile(in folder, known *entry) int32 {
	var said *table
	if file, err := in.OpenRegular(known.stored()); err == nil {
		said, _ = readTable(file) // what cannot be read says nothing
		_ = file.Close()
	}
	return dayOf(startOf(said, known.key, float64(known.end)/1e9, i.zone), i.zone)
}

// putInOrder makes a new listing, in which these are as they are now. As few are new at a time, merging costs little more
// than copying.
func (i *index) putInOrder(changed map[string]struct{}) {
	fresh := make([]*entry, 0, len(changed))
	for name := range changed {
		if known := i.entries[name]; known != nil {
			fresh = append(fresh, known)
		}
	}
	slices.SortFunc(fresh, (*entry).compare)
	made := &listing{entries: make([]*entry, 0, len(i.entries)), pinned: map[string]struct{}{}}
	for _, old := range i.listing.entries {
		if _, is := changed[old.key.Name]; is {
			continue
		}
		for len(fresh) > 0 && fresh[0].compare(old) < 0 {
			made.entries, fresh = append(made.entries, fresh[0]), fresh[1:]
		}
		made.entries = append(made.entries, old)
	}
	made.entries = append(made.entries, fresh...)
	for _, each := range made.entries {
		made.used += each.size
	}
	for stored := range i.stored {
		if pin, is := strings.CutSuffix(stored, recordname.PinSuffix); is && i.entries[pin] != nil {
			made.pinned[pin] = struct{}{}
		}
	}
	i.listing = made
}

// recordingsAndPins lists names without what cannot be either: no more is known here of a folder with other files.
func (i *index) recordingsAndPins(in folder) (listed []string, err error) {
	isOver := false
	err = in.Names(func(names []string) {
		for _, name := range names {
			if strings.HasPrefix(name, recordname.Prefix) {
				listed = append(listed, name)
			}
		}
		if len(listed) > i.limits.listed { // before it is all in memory
			listed, isOver = i.newest(listed), true
		}
	})
	if isOver || len(listed) > i.limits.recordings {
		listed = i.newest(listed)
	}
	return listed, err
}

// newest are those of the newest recordings by their names, as many as are kept.
func (i *index) newest(listed []string) []string {
	recordings := make([]string, 0, len(listed))
	for _, name := range listed {
		if recording := recordingOf(name); isRecording(recording) {
			recordings = append(recordings, recording)
		}
	}
	slices.Sort(recordings)
	recordings = slices.Compact(recordings)
	oldest := ""
	if over := len(recordings) - i.limits.recordings; over > 0 {
		oldest = recordings[over]
	}
	return slices.DeleteFunc(listed, func(name string) bool {
		recording := recordingOf(name)
		return recording < oldest || !isRecording(recording)
	})
}

func isRecording(name string) bool {
	_, is := recordname.KeyOf(name)
	return is
}

// nearest is a number as 64 bits hold it.
func nearest(number float64) int64 {
	switch {
	case number >= math.MaxInt64:
		return math.MaxInt64
	case number <= math.MinInt64:
		return math.MinInt64
	}
	return int64(number)
}
