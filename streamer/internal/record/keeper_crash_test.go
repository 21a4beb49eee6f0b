package record

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/recordname"
)

// childMode says in the environment of the child process what it records by itself.
const childMode = "PETCAM_TEST_RECORD_MODE"

// What the child writes to standard output.
const (
	cameFrame = '.'
	cameLease = 'L' // it was answered, and all that came before is in the file
)

// A lease of a second is asked for at two frames of each five seconds: the second prolongs the first.
const (
	leaseSpan, leasePreRoll, leasePostRoll = time.Second, time.Second / 2, time.Second
	leaseRound, firstLease, secondLease    = 150, 20, 70
	childSegment                           = 4 * time.Second
)

// recordItselfForEver is the child: it records by itself and by hand what a ring has, which gets a frame once those before
// are read.
func recordItselfForEver(dir, clip string, mode Mode) {
	units := loadClip(clip)
	r := newRing(1 << 30)
	r.announce = func() { _, _ = os.Stdout.Write([]byte{cameFrame}) } // so no file has more than was announced
	on := realSystem(nil)
	on.now, on.syncEvery = r.clock, 10*time.Millisecond
	recorder := newRecorder(Options{
		Directory: dir, Segment: childSegment, MinFree: 1, Mode: mode, PostRoll: leasePostRoll, Log: slog.New(slog.DiscardHandler),
	}, r.open, on)
	for n, au := range units {
		r.pass(frameNS)
		r.publish(au)
		if n == 0 {
			if _, err := recorder.Start("hand"); err != nil {
				panic(err)
			}
			for readers := 1; mode == Always && readers < 2; time.Sleep(time.Millisecond) {
				r.mu.Lock()
				readers = len(r.waiting)
				r.mu.Unlock()
			}
		}
		r.waitUntilRead(anyReaders)
		if round := n % leaseRound; round == firstLease || round == secondLease {
			if _, err := recorder.Keep(leaseSpan, leasePreRoll); err != nil {
				panic(err)
			}
			r.waitUntilRead(anyReaders) // it is answered with the first picture: the pre-roll's others are still to come
			_, _ = os.Stdout.Write([]byte{cameLease})
		}
	}
	select {}
}

// asInRing are the units as the child's ring has them.
func asInRing(units []h264.AccessUnit) []h264.AccessUnit {
	r := newRing(1 << 30)
	for _, au := range units {
		r.pass(frameNS)
		r.publish(au)
	}
	return r.units
}

func TestWhatIsKilledWhileItRecordsByItselfLosesAtMostOneFrameOfEachAndKeepsItsKind(t *testing.T) {
	units := seconds(t, 20)
	clip := saveClip(t, units)
	units = asInRing(units)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var mu sync.Mutex
	var lost []int
	t.Run("kill", func(t *testing.T) {
		for n := range *kills {
			mode, after := []Mode{Visits, Always}[n%2], 2+random.IntN(500)
			t.Run(fmt.Sprintf("%s after %d frames", mode, after), func(t *testing.T) {
				t.Parallel()
				n := killItselfOnce(t, units, clip, mode, after)
				mu.Lock()
				defer mu.Unlock()
				lost = append(lost, n...)
			})
		}
	})
	slices.Sort(lost)
	t.Logf("%d kills, %d recordings that were growing: frames lost: median %d, most %d", *kills, len(lost), lost[len(lost)/2], lost[len(lost)-1])
}

// killItselfOnce returns how many frames were lost of each recording that was growing.
func killItselfOnce(t *testing.T, units []h264.AccessUnit, clip string, mode Mode, after int) (lost []int) {
	f := newFilming(t, Manual, nil)
	delivered, leases := killItselfAfter(t, f.dir, clip, mode, after)
	f.Recover()
	lost = append(lost, f.heldInTurn(f.ofKind(byHand), units[:delivered]))
	if mode == Always {
		return append(lost, f.heldAlways(units[:delivered], leases))
	}
	return append(lost, f.heldVisits(units[:delivered], leases)...)
}

// heldInTurn checks that files hold the units one after another, and returns how many are missing at the end.
func (f *filming) heldInTurn(names []string, units []h264.AccessUnit) (lost int) {
	f.t.Helper()
	held := 0
	for i, name := range names {
		n := f.samples(name)
		f.holds(name, units[held:min(held+n, len(units))])
		if held += n; i == len(names)-1 { // recovery has finished it
			mp4test.Plays(f.t, f.path(name))
		}
	}
	if lost = len(units) - held; lost < 0 || lost > 1 {
		f.t.Errorf("%d of %d frames are lost; files are %v", lost, len(units), f.files())
	}
	return lost
}

// samples is how many pictures a file has, which need not be asked twice.
func (f *filming) samples(name string) int {
	f.t.Helper()
	if f.counted == nil {
		f.counted = map[string]int{}
	}
	if _, known := f.counted[name]; !known {
		f.counted[name] = len(mp4test.Packets(f.t, f.path(name)))
	}
	return f.counted[name]
}

// heldAlways checks what was recorded always: all of it, and as a visit's what leases have touched, from the picture behind
// the lease on.
func (f *filming) heldAlways(units []h264.AccessUnit, leases []int) (lost int) {
	f.t.Helper()
	names := append(f.ofKind(always), f.ofKind(visit)...)
	slices.Sort(names) // by their time
	lost = f.heldInTurn(names, units)
	first := 0
	for _, name := range names {
		last := first + f.samples(name) - 1
		touches := func(lease int) bool {
			from, until := lease-int(leasePreRoll/frameNS), lease+int((leaseSpan+leasePostRoll)/frameNS)
			return first <= until && last >= from
		}
		settled := func(lease int) bool { return lease+2 < len(units) && touches(lease) }
		if must := slices.ContainsFunc(leases, settled); must && recordname.KindOf(name) != visit {
			f.t.Errorf("%s has frames %d to %d, and leases were at %v", name, first, last, leases)
		}
		if may := slices.ContainsFunc(leases, touches) || len(leases) < leasesUpTo(len(units)); !may && recordname.KindOf(name) == visit {
			f.t.Errorf("%s has frames %d to %d, and leases were at %v", name, first, last, leases)
		}
		first = last + 1
	}
	return lost
}

// leasesUpTo is how many leases were asked for with so many frames; the newest may not have been answered.
func leasesUpTo(frames int) (leases int) {
	for n := range frames {
		if round := n % leaseRound; round == firstLease || round == secondLease {
			leases++
		}
	}
	return leases
}

// heldVisits checks the files of visits: each from the keyframe before its pre-roll to its end.
func (f *filming) heldVisits(units []h264.AccessUnit, leases []int) (lost []int) {
	f.t.Helper()
	names := f.ofKind(visit)
	for _, lease := range leases {
		if lease%leaseRound == secondLease {
			continue
		}
		if len(names) == 0 {
			f.t.Fatalf("leases were at %v, and files are %v", leases, f.files())
		}
		first := lease
		for !units[first].Keyframe || units[first].CaptureNS+uint64(leasePreRoll) > units[lease].CaptureNS {
			first--
		}
		until := lease + int((leaseSpan+leasePostRoll)/frameNS)
		if second := lease + secondLease - firstLease; slices.Contains(leases, second) {
			until += secondLease - firstLease
		} else if second < len(units) { // it was asked for, perhaps in time
			until = min(until, second)
		}
		n := 0
		for n < until+1-first && len(names) > 0 { // in files of four seconds
			packets := f.samples(names[0])
			if first+n+packets > len(units) {
				f.t.Fatalf("%s has %d frames", names[0], packets)
			}
			f.holds(names[0], units[first+n:first+n+packets])
			if len(names) == 1 { // recovery has finished it
				mp4test.Plays(f.t, f.path(names[0]))
			}
			n, names = n+packets, names[1:]
		}
		if missing := min(until+1, len(units)) - first - n; missing > 1 {
			f.t.Errorf("%d frames of the visit at %d are lost; files are %v", missing, lease, f.files())
		} else {
			lost = append(lost, max(0, missing))
		}
	}
	if len(names) > 1 || len(names) == 1 && len(leases) == leasesUpTo(len(units)) { // one may have begun that was not answered
		f.t.Errorf("of whom are %v? Leases were at %v of %d", names, leases, len(units))
	}
	return lost
}

// killItselfAfter runs the child until it has so many frames and kills it; it returns how many there were in the end, and
// at which of them leases were answered.
func killItselfAfter(t *testing.T, dir, clip string, mode Mode, frames int) (delivered int, leases []int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDirectory+"="+dir, childClip+"="+clip, childMode+"="+string(mode))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 0, 2*frames)
	for one := make([]byte, 1); bytes.Count(said, []byte{cameFrame}) < frames; {
		if _, err = io.ReadFull(out, one); err != nil {
			break
		}
		said = append(said, one[0])
	}
	_ = child.Process.Kill()
	rest, _ := io.ReadAll(out)
	_ = child.Wait() // it was killed
	if err != nil {
		t.Fatalf("the child ended by itself: %v", err)
	}
	for _, what := range append(said, rest...) {
		if what == cameFrame {
			delivered++
		} else {
			leases = append(leases, delivered-1)
		}
	}
	return delivered, leases
}
