package record

import (
	"encoding/binary"
	"sync/atomic"
	"syscall"
	"testing"

	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/sound"
)

// soundFault is a file that does not take the sound for a while.
type soundFault struct {
	file
	err  error
	left *atomic.Int32
}

func (f soundFault) WriteAt(p []byte, off int64) (int, error) {
	if len(p) > 48 && string(p[4:8]) == "moof" && binary.BigEndian.Uint32(p[44:]) == 3 && f.left.Add(-1) >= 0 {
		n, _ := f.file.WriteAt(p[:len(p)/2], off)
		return n, f.err
	}
	return f.file.WriteAt(p, off)
}

func TestSoundThatTheDiskDoesNotTakeIsTriedAgainAndCostsTheVideoNothing(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS} {
		r, microphone := newSoundHarness(t, nil)
		var left atomic.Int32
		left.Store(5)
		r.wrapFiles(func(f file) file { return soundFault{f, fault, &left} })
		units := seconds(t, 2)
		packets := heard(units[0].CaptureNS, 100)
		microphone.publish(packets...)
		name := r.begins(units)
		r.ends(units)
		r.holdsSound(name, units, of(packets[:lasts(units)]))
		if lines := r.log.lines("sound cannot be written"); len(lines) != 1 {
			t.Errorf("%v: the log says %q", fault, lines)
		}
	}
}

// Of a camera so fast that no packet has room behind those that wait.
func TestWhatTheDiskDidNotTakeBehindTheLastPictureIsTriedAgainAtTheEnd(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	var left atomic.Int32
	left.Store(1 << 30)
	r.wrapFiles(func(f file) file { return soundFault{f, syscall.EIO, &left} })
	units := seconds(t, 3)[:61]
	for i := range units {
		units[i].CaptureNS = units[0].CaptureNS + uint64(i)*8e6 // the last is as late as 24 packets last
	}
	packets := heard(units[0].CaptureNS, 24)
	microphone.publish(packets...)
	name := r.begins(units)
	r.source.publish(units[10:]...)
	r.source.waitUntilRead()
	left.Store(0) // the disk is well again
	r.stop()
	r.holdsSound(name, units, of(packets))
}

func TestADiskThatTakesNoSoundAtAllHasTheVideo(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	var left atomic.Int32
	left.Store(1 << 30)
	r.wrapFiles(func(f file) file { return soundFault{f, syscall.ENOSPC, &left} })
	units := seconds(t, 2)
	microphone.publish(heard(units[0].CaptureNS, 100)...)
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units)
	mp4test.Plays(t, r.path(name))
}

// endlessSound has a packet whenever it is asked.
type endlessSound struct{ packet sound.Packet }

func (e *endlessSound) open() Sound { return e }
func (e *endlessSound) Close()      {}

func (e *endlessSound) Poll(to *sound.Packet) bool {
	data := append(to.Data[:0], e.packet.Data...)
	*to = e.packet
	to.Data = data
	e.packet.CaptureNS += packetNS
	return true
}

func TestAFullFileSaysNothingOfSound(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 2)
	packets := heard(units[0].CaptureNS, 100)
	microphone.publish(packets...)
	var left atomic.Int32
	left.Store(3)
	r.wrapFiles(func(f file) file { return soundFault{f, syscall.EFBIG, &left} })
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, of(packets[:lasts(units)]))
	if lines := r.log.lines("sound"); len(lines) != 0 {
		t.Errorf("the log says %q", lines)
	}
}

// flood is a reader of a writer that is faster than it, and wrong.
type flood struct{}

func (flood) Close() {}
func (flood) Poll(to *sound.Packet) bool {
	*to = heard(1<<63, 1)[0]
	return true
}

func TestAFloodOfPacketsHoldsNoPictureUp(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.Sound = func() Sound { return flood{} } })
	units := seconds(t, 1)
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, silent(lasts(units)))
}
