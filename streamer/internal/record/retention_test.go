package record

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/recordname"
)

var histories = flag.Int("histories", 10, "how many random histories of a disk are lived through")

const (
	mb = 1 << 20
	gb = 1 << 30
)

// board is a recorder on a model of a disk: only what retention sees of it.
type board struct {
	t     testing.TB
	disk  *modelDisk
	space *space
	begun map[kind]bool   // recordings that run
	names map[kind]string // of the files that grow, without .part; none between files
	at    time.Time

	options       Options
	grown, gone   int64 // bytes: that were recorded, that retention deleted
	largest       int64 // file
	deletedByUser bool
}

func newBoard(t testing.TB, size int64, options Options) *board {
	b := &board{
		t: t, disk: newModelDisk(size), begun: map[kind]bool{}, names: map[kind]string{},
		at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), options: options,
	}
	b.options.Log = slog.New(slog.DiscardHandler)
	b.disk.removed = b.removed
	b.restart()
	return b
}

// removed holds of each recording that retention deletes.
func (b *board) removed(name string, size int64) {
	if b.deletedByUser {
		return
	}
	b.gone += size
	if b.disk.files[name+pinSuffix] != nil {
		b.t.Errorf("%s is pinned, and was deleted", name)
	}
	if b.gone > b.grown+b.largest {
		b.t.Errorf("%d bytes were deleted, and only %d recorded", b.gone, b.grown)
	}
	b.wentFirst(name)
}

// wentFirst holds of a recording that is just deleted: of those that may go, none goes before it.
func (b *board) wentFirst(name string) {
	for other, file := range b.disk.files {
		if !isRecording(other) || b.disk.files[other+pinSuffix] != nil || file.links > 1 {
			continue
		}
		if worth(recordname.KindOf(other)) < worth(recordname.KindOf(name)) || recordname.KindOf(other) == recordname.KindOf(name) && other < name {
			b.t.Errorf("%s went before %s", name, other)
		}
	}
}

// restart ends the recorder at any moment, as a power cut does, and finishes what was recorded.
func (b *board) restart() {
	for _, k := range kinds {
		b.stop(k)
	}
	b.space = newSpace(b.options, &system{})
}

// kinds are all of them.
var kinds = []kind{byHand, visit, always}

// stop ends the recording of a kind, as by /stop.
func (b *board) stop(k kind) {
	b.finish(k)
	b.begun[k] = false
}

// kept puts a recording by hand of an earlier time on the disk.
func (b *board) kept(size int64) string { return b.keptAs(byHand, size) }

func (b *board) keptAs(k kind, size int64) string {
	b.at = b.at.Add(time.Minute)
	name := fileName(b.at, k.Mark(), 1)
	b.disk.put(name, size, b.at)
	b.largest = max(b.largest, size)
	return name
}

// record records so many bytes more by hand; segment is how large files grow. It returns the error that ends the recording.
func (b *board) record(bytes, segment int64) error { return b.recordAs(byHand, bytes, segment) }

func (b *board) recordAs(k kind, bytes, segment int64) error {
	dir := &directory{b.disk}
	if name := b.names[k]; name != "" && b.disk.files[name+partSuffix].size >= segment {
		b.finish(k)
	}
	if b.names[k] == "" {
		_, err := b.space.count(dir)
		if err := errors.Join(err, b.space.makeRoom(dir, "", 0, !b.begun[k])); err != nil {
			b.begun[k] = false
			return err
		}
		b.at, b.begun[k] = b.at.Add(time.Minute), true
		b.names[k] = fileName(b.at, k.Mark(), 1)
		b.disk.put(b.names[k]+partSuffix, 0, b.at)
		b.space.begins(b.names[k])
	}
	growing := b.disk.files[b.names[k]+partSuffix]
	growing.size += bytes
	b.grown += bytes
	if err := b.space.makeRoom(dir, b.names[k], growing.size, false); err != nil {
		b.stop(k)
		return err
	}
	return nil
}

// finish finishes the file that grows of a kind; its table takes a little more.
func (b *board) finish(k kind) {
	name := b.names[k]
	if name == "" {
		return
	}
	file := b.disk.files[name+partSuffix]
	delete(b.disk.files, name+partSuffix)
	table := min(1000+file.size/500, max(b.disk.free()-modelBlock, 0))
	b.disk.put(name, file.size+table, file.at)
	b.space.ended(name, file.size+table, 0)
	b.grown += table
	b.largest = max(b.largest, file.size+table)
	b.names[k] = ""
}

// lease makes a visit's of what is recorded always: of the file that grows, and of a finished one.
func (b *board) lease(random *rand.Rand) {
	dir := &directory{b.disk}
	if name := b.names[always]; recordname.KindOf(name) == always {
		if _, err := b.space.rename(dir, name, recordname.NamedAs(name, visit), partSuffix); err != nil {
			b.t.Error(err)
		}
		b.names[always] = recordname.NamedAs(name, visit)
	}
	if names := b.recordings(); len(names) > 0 {
		if name := names[random.IntN(len(names))]; recordname.KindOf(name) == always {
			if _, err := b.space.rename(dir, name, recordname.NamedAs(name, visit), ""); err != nil {
				b.t.Error(err)
			}
		}
	}
}

// recordings are the names of the finished ones.
func (b *board) recordings() (names []string) {
	for name := range b.disk.files {
		if strings.HasSuffix(name, ".mp4") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func wantSpaceLow(t testing.TB, err error, words string) {
	t.Helper()
	var e *apierror.Error
	if !errors.As(err, &e) || e.Code != apierror.RecordingFailed || e.Reason != "Space low" || !strings.Contains(e.Message, words) {
		t.Errorf("error is %v, want Space low with %q", err, words)
	}
}

func TestNothingIsDeletedForAStartOnADiskThatOthersHaveFilled(t *testing.T) {
	for _, free := range []int64{0, 5 * mb, 300 * mb, 653 * mb} {
		b := newBoard(t, 10*gb, Options{MinFree: gb})
		for range 9 {
			b.kept(3 * mb)
		}
		b.disk.others = b.disk.free() - free
		for range 3 { // of starts
			wantSpaceLow(t, b.record(mb, gb), "Other files")
		}
		if left := b.recordings(); len(left) != 9 {
			t.Errorf("%d MB free: %d of 9 recordings are left", free/mb, len(left))
		}
	}
}

func TestOthersThatFillTheDiskEndTheRecordingAndCostNoKeptOne(t *testing.T) {
	for _, step := range []int64{mb, 10 * mb, 100 * mb, gb} { // how fast they do
		b := newBoard(t, 10*gb, Options{MinFree: gb})
		for range 10 {
			b.kept(27 * mb)
		}
		var err error
		for err = b.record(mb/8, gb); err == nil; err = b.record(mb/8, gb) {
			b.disk.others += min(step, b.disk.free())
		}
		wantSpaceLow(t, err, "Other files")
		var bytes int64
		for _, name := range b.recordings() {
			bytes += b.disk.files[name].size
		}
		if bytes < 270*mb { // where they are slow, the recording goes on by its own means for a while
			t.Errorf("in steps of %d MB: %d bytes of recordings are left", step/mb, bytes)
		}
		if left := b.recordings(); step > mb && len(left) != 11 { // with the one that ended
			t.Errorf("in steps of %d MB: %d recordings are left", step/mb, len(left))
		}
	}
}

// A stranger fills the disk and frees it again and again, over restarts too: that costs no more than was recorded.
func TestFillingAndFreeingTheDiskAgainAndAgainDeletesNoMoreThanWasRecorded(t *testing.T) {
	b := newBoard(t, 10*gb, Options{MinFree: gb})
	for range 60 {
		b.kept(150 * mb)
	}
	before := len(b.recordings())
	for round := range 1000 {
		b.disk.others = 0
		_ = b.record(100_000, 150*mb)
		b.disk.others = max(b.disk.free()-gb+50_000, 0) // the recordings themselves take the last bit
		_ = b.record(100_000, 150*mb)
		b.disk.others += 100 * mb
		_ = b.record(100_000, 150*mb)
		if round%10 == 0 {
			b.restart()
		}
	}
	// 300 MB were recorded: two files, and one as a debt.
	if lost := before + int(b.grown/(150*mb)) - len(b.recordings()); lost > 4 {
		t.Errorf("%d recordings are lost", lost)
	}
}

// Years of recording on a disk that only its own recordings fill, with restarts at any moment.
func TestABoardRecordsForEverWhereOnlyItsRecordingsFillTheDisk(t *testing.T) {
	for name, c := range map[string]struct{ disk, minFree, segment int64 }{
		"a card of 16 GB":                     {16 * gb, 0, 450 * mb},
		"files larger than what stays free":   {32 * gb, 0, 7 * gb},
		"a small disk with nothing set aside": {64 * mb, 1, 12 * mb},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(t, c.disk, Options{MinFree: c.minFree})
			random := rand.New(rand.NewPCG(1, 2))
			for b.grown < 50*c.disk {
				if err := b.record(random.Int64N(c.disk/2000), c.segment); err != nil {
					t.Fatalf("after %d times the disk: %v", b.grown/c.disk, err)
				}
				if random.IntN(300) == 0 {
					b.restart()
				}
			}
			if b.disk.free() < minFreeAlways {
				t.Errorf("%d bytes are free", b.disk.free())
			}
		})
	}
}

func TestABoardGoesOnAfterItsOwnerHasDeletedAndFilledAgain(t *testing.T) {
	b := newBoard(t, 16*gb, Options{})
	fill := func() {
		for until := b.grown + 20*gb; b.grown < until; {
			if err := b.record(5*mb, 300*mb); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill()
	b.deletedByUser = true
	for _, name := range b.recordings()[:20] {
		_ = b.disk.Remove(name)
	}
	b.deletedByUser = false
	b.disk.others += 5 * gb // in the room that this made
	fill()
}

func TestRecordingsWhoseDeletionFreesNothingStay(t *testing.T) {
	b := newBoard(t, gb, Options{MinFree: 100 * mb})
	for range 5 {
		b.disk.files[b.kept(10*mb)].links = 2 // a backup by hard links
	}
	b.disk.others = b.disk.free() - 100*mb
	var err error
	for err == nil {
		err = b.record(mb, gb)
	}
	wantSpaceLow(t, err, "no recording may be deleted")
	if len(b.recordings()) != 6 {
		t.Errorf("recordings are %v", b.recordings())
	}
}

// Where a file system frees only later what was deleted (btrfs), nothing more than the rule says goes meanwhile.
func TestAFileSystemThatFreesLateCostsOneRecording(t *testing.T) {
	b := newBoard(t, 10*gb, Options{MinFree: gb})
	for range 20 {
		b.kept(100 * mb)
	}
	b.disk.others = b.disk.free() - gb
	removed := b.disk.removed
	b.disk.removed = func(name string, size int64) {
		removed(name, size)
		b.disk.others += size
	}
	for range 50 {
		if err := b.record(mb, gb); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.recordings()) != 19 {
		t.Errorf("%d of 20 recordings are left", len(b.recordings()))
	}
}

func TestMaxBytesDeletesNothingWhereThatDoesNotSuffice(t *testing.T) {
	b := newBoard(t, 10*gb, Options{MaxBytes: 100 * mb})
	pinned := b.kept(90 * mb)
	b.disk.put(pinned+pinSuffix, 0, b.at)
	b.kept(5 * mb)
	var err error
	for err == nil {
		err = b.record(mb, gb)
	}
	var e *apierror.Error
	if !errors.As(err, &e) || e.Reason != "Limit reached" {
		t.Errorf("error is %v", err)
	}
	if b.gone > 5*mb || b.grown < 10*mb { // up to the last it fitted, by deleting the small one
		t.Errorf("%d bytes went, %d came", b.gone, b.grown)
	}
	gone := b.gone
	b.space.maxBytes = 60 * mb // less than what is pinned
	if err := b.record(mb, gb); err == nil || b.gone != gone {
		t.Errorf("error is %v, %d bytes more went", err, b.gone-gone)
	}
}

func TestWhatIsRecordedByItselfGoesFirstWhoeverNeedsTheRoom(t *testing.T) {
	for _, grows := range kinds {
		for limit, options := range map[string]Options{"min_free_bytes": {MinFree: gb}, "max_bytes": {MaxBytes: 90 * mb}} {
			b := newBoard(t, 10*gb, options)
			hand, pinned := b.kept(10*mb), b.keptAs(always, 10*mb)
			b.disk.put(pinned+pinSuffix, 0, b.at)
			visits := []string{b.keptAs(visit, 10*mb), b.keptAs(visit, 10*mb)}
			rings := []string{b.keptAs(always, 10*mb), b.keptAs(always, 10*mb)}
			if options.MinFree > 0 {
				b.disk.others = b.disk.free() - gb
			}
			var order []string
			removed := b.disk.removed
			b.disk.removed = func(name string, size int64) {
				removed(name, size)
				order = append(order, name)
			}
			for range 75 {
				if err := b.recordAs(grows, mb, gb); err != nil {
					t.Fatal(grows, limit, err)
				}
			}
			if want := append(append(rings, visits...), hand); !slices.Equal(order, want) {
				t.Errorf("%s grows, %s: %v went, want %v", grows, limit, order, want)
			}
		}
	}
}

// Random histories: others, the owner, restarts, pins, leases. What removed checks holds throughout.
func TestRetentionHoldsItsPromisesInRandomHistories(t *testing.T) {
	for seed := range *histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 15))
			disk := int64(1+random.IntN(20)) * gb
			b := newBoard(t, disk, Options{MinFree: random.Int64N(disk / 4)})
			segment := disk/200 + random.Int64N(disk/20)
			for range 2000 {
				liveOn(b, random)
				gone := b.gone
				err := b.recordAs(kinds[random.IntN(len(kinds))], random.Int64N(disk/1000), segment)
				if err != nil {
					if b.gone > gone {
						t.Errorf("%d bytes were deleted, and then: %v", b.gone-gone, err)
					}
					continue
				}
				least := b.space.leastFree(disk)
				if free := b.disk.free(); free < least/2 || free < minFreeAlways-modelBlock {
					t.Errorf("%d of %d bytes to be left are free, and it goes on", free, least)
				}
			}
		})
	}
}

// liveOn lets something happen that recordings have no part in.
func liveOn(b *board, random *rand.Rand) {
	switch names := b.recordings(); random.IntN(44) {
	case 0:
		b.disk.others = random.Int64N(b.disk.others + b.disk.free() + 1)
	case 1:
		b.disk.others += max(b.disk.free()-b.space.leastFree(b.disk.size)+random.Int64N(mb), 0) // nearly too much
	case 2:
		b.disk.others = 0
	case 3:
		b.restart()
	case 4:
		b.stop(kinds[random.IntN(len(kinds))])
	case 7:
		b.lease(random)
	case 5:
		if len(names) > 0 {
			b.disk.put(names[random.IntN(len(names))]+pinSuffix, 0, b.at)
		}
	case 6:
		if len(names) > 0 {
			b.deletedByUser = true
			name := names[random.IntN(len(names))]
			_ = b.disk.Remove(name)
			delete(b.disk.files, name+pinSuffix)
			b.deletedByUser = false
		}
	}
}

func TestWhereTheBalanceCannotBeKeptNothingGoesBeyondWhatHasGrown(t *testing.T) {
	b := newBoard(t, 10*gb, Options{MinFree: gb})
	b.disk.noBalance = true
	for range 60 {
		b.kept(150 * mb)
	}
	b.disk.others = b.disk.free() - gb
	for b.grown < 20*gb {
		if err := b.record(mb, 150*mb); err != nil {
			t.Fatal(err)
		}
		if b.gone > b.grown {
			t.Fatalf("%d bytes were deleted, and only %d recorded", b.gone, b.grown)
		}
	}
}

func TestABalanceIsReadBackAndADamagedOneIsNone(t *testing.T) {
	p := position{12_345, -678}
	text := p.text()
	if got, ok := parsePosition(text); !ok || got != p || len(text) != len(position{1 << 62, -1 << 62}.text()) {
		t.Errorf("%q is %v, %v", text, got, ok)
	}
	for n := range text {
		if _, ok := parsePosition(text[:n]); ok {
			t.Errorf("%q is one", text[:n])
		}
		other := slices.Clone(text)
		for _, c := range []byte("\x00-+ 9\n") {
			if other[n] = c; c != text[n] {
				if got, ok := parsePosition(other); ok && got.balance > got.recordings {
					t.Errorf("%q is %v", other, got)
				}
			}
		}
	}
	for _, text := range []string{"", "petcam-space 2 0000000000000000001 +0000000000000000001\n", string(text) + "x", string(position{5, 6}.text())} {
		if _, ok := parsePosition([]byte(text)); ok {
			t.Errorf("%q is one", text)
		}
	}
}
