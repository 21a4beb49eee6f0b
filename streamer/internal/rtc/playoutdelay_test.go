package rtc

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// conditions is what a viewer's reports say each second.
type conditions struct {
	nacks       int
	rtt, jitter time.Duration
}

// report gives a playoutDelay some seconds of reports, and returns the time after them.
func (n conditions) report(d *playoutDelay, seconds int, now time.Time) time.Time {
	for range seconds {
		for range n.nacks {
			d.noteNACK()
		}
		sent := uint32(ntp(now.Add(-n.rtt-time.Millisecond)) >> 16)
		d.noteReport(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 7, LastSenderReport: sent, Delay: 66, // a millisecond
			Jitter: uint32(n.jitter * clockRate / time.Second)}, {SSRC: 8, Jitter: 1 << 20}}}, 7, now) // the second is of the sound
		now = now.Add(time.Second)
	}
	return now
}

func TestPlayoutDelayGrowsWithLossAndRoundTripTime(t *testing.T) {
	for name, c := range map[string]struct {
		network conditions
		want    int64 // units
	}{
		"good":               {conditions{0, 2 * time.Millisecond, time.Millisecond}, 0},
		"far away":           {conditions{0, 200 * time.Millisecond, 5 * time.Millisecond}, 0},
		"a lost packet":      {conditions{badNetworkNACKs - 1, 30 * time.Millisecond, 10 * time.Millisecond}, 0},
		"lossy and near":     {conditions{5, 5 * time.Millisecond, time.Millisecond}, 6},
		"lossy and jittery":  {conditions{40, 30 * time.Millisecond, 11 * time.Millisecond}, 17},
		"lossy and far away": {conditions{5, 400 * time.Millisecond, 20 * time.Millisecond}, maxMinimumDelay},
	} {
		var delay playoutDelay
		c.network.report(&delay, 3, time.Now())
		if got := delay.target.Load(); got != c.want {
			t.Errorf("%s: %d units, want %d", name, got, c.want)
		}
	}
}

func TestPlayoutDelayIsKeptForAWhileAfterLosses(t *testing.T) {
	var delay playoutDelay
	bad, good := conditions{9, 50 * time.Millisecond, 0}, conditions{0, 50 * time.Millisecond, 0}
	now := bad.report(&delay, 2, time.Now())
	now = good.report(&delay, int(badNetworkHold/time.Second)-1, now)
	if delay.target.Load() == 0 {
		t.Error("it is gone at once")
	}
	good.report(&delay, 3, now)
	if delay.target.Load() != 0 {
		t.Error("it stays for ever")
	}
}

func TestPlayoutDelayChangesByOneUnitPerFrame(t *testing.T) {
	s, w := streamOf()
	tell := func(frames ...*frame) (told [][]byte) {
		w.packets = nil
		for _, f := range frames {
			s.send(f)
		}
		for i := 0; i < len(w.packets); i += 3 {
			told = append(told, w.packets[i].GetExtension(3))
		}
		return told
	}
	expect := func(got [][]byte, want ...[]byte) {
		t.Helper()
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("frame %d tells %v, want %v", i, got[i], want[i])
			}
		}
	}
	frames := framesFrom(0, 16) // keyframes 0, 4, 8, 12
	s.delay.target.Store(2)
	expect(tell(frames[:5]...), []byte{0, 16, 50}, []byte{0, 32, 50}, nil, nil, []byte{0, 32, 50})
	s.delay.target.Store(17)
	expect(tell(frames[5:7]...), []byte{0, 48, 50}, []byte{0, 64, 50})
	s.delay.target.Store(0)
	expect(tell(frames[7:13]...), []byte{0, 48, 50}, []byte{0, 32, 50}, []byte{0, 16, 50}, []byte{0, 0, 0}, nil, []byte{0, 0, 0})
}
