package record

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/sound"
)

func TestAnHourOfACardThatRunsFastOrSlowStaysWithinTwentyMilliseconds(t *testing.T) {
	for name, ppm := range map[string]int64{"fast": 200, "slow": -200, "very fast": 1000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stays(t, 3600, func(n uint64) uint64 { return n*packetNS - uint64(int64(n)*packetNS*ppm/1_000_000) })
		})
	}
}

func TestJitterMovesNothing(t *testing.T) {
	written := stays(t, 120, func(n uint64) uint64 { return n*packetNS + n*7919%15*1e6 })
	if written != 120*50 {
		t.Errorf("%d of %d packets were written", written, 120*50)
	}
}

// stays records so many seconds of sound, whose packets are captured at times behind the first picture, and checks that each
// is in the file at its time. It returns how many there are.
func stays(t *testing.T, length int, capturedAt func(n uint64) uint64) (written int) {
	t.Helper()
	microphone := &fakeSound{}
	r := newHarness(t, func(o *Options) { o.Sound = microphone.open })
	r.system.syncEvery = time.Hour
	r.system.now = func() (time.Time, uint64) { return time.Now(), 1 << 62 }
	unit := mp4test.Clip(t, "baseline", 160, 120, 1, 1e12)[0]
	s := oneSession(t, r)
	first := unit.CaptureNS
	for n := uint64(0); capturedAt(n) < uint64(length)*1e9; n++ {
		packet := heard(first+capturedAt(n), 1)[0]
		packet.Record = n
		microphone.publish(packet)
	}
	s.sound = r.openSound()
	s.begun = true
	for range length {
		if err := s.add(unit); err != nil {
			t.Fatal(err)
		}
		unit.CaptureNS += 1e9
	}
	name := s.segment.name
	if err := s.closeSegment(); err != nil {
		t.Fatal(err)
	}
	worst := time.Duration(0)
	for _, packet := range soundsOf(t, r.path(name)) {
		if !bytes.Equal(packet.data, sound.Silence) {
			captured := time.Duration(binary.BigEndian.Uint64(packet.data[1:]) - first)
			worst = max(worst, (packet.at - captured).Abs())
			written++
		}
	}
	t.Logf("%d packets of %d, the worst %v off", written, len(microphone.packets), worst)
	if least := len(microphone.packets) * 998 / 1000; worst > 15*time.Millisecond || written < least {
		t.Errorf("%d packets of %d, the worst %v off", written, len(microphone.packets), worst)
	}
	return written
}
