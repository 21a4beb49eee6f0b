package record

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/sound"
)

const packetNS = sound.PacketNS

// fakeSound is a microphone's shared memory that forgets nothing, and a reader of it.
type fakeSound struct {
	mu      sync.Mutex
	packets []sound.Packet
	opened  int
	closed  int
}

func (f *fakeSound) publish(packets ...sound.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.packets = append(f.packets, packets...)
}

// open gives a reader of its own.
func (f *fakeSound) open() Sound {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	return &fakeSoundReader{of: f}
}

type fakeSoundReader struct {
	of   *fakeSound
	next int
}

func (r *fakeSoundReader) Poll(to *sound.Packet) bool {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	if r.next >= len(r.of.packets) {
		return false
	}
	data := append(to.Data[:0], r.of.packets[r.next].Data...)
	*to = r.of.packets[r.next]
	to.Data = data
	r.next++
	return true
}

func (r *fakeSoundReader) Close() {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.closed++
}

// heard are packets that say when they were captured, one behind the other from a moment on.
func heard(fromNS uint64, count int) []sound.Packet {
	packets := make([]sound.Packet, count)
	for i := range packets {
		data := binary.BigEndian.AppendUint64([]byte{0xf8}, fromNS+uint64(i)*packetNS)
		packets[i] = sound.Packet{Epoch: 1, Record: uint64(i), CaptureNS: fromNS + uint64(i)*packetNS, Samples: 960, Data: data}
	}
	return packets
}

// of gives the packets' bytes.
func of(packets []sound.Packet) (data [][]byte) {
	for _, packet := range packets {
		data = append(data, packet.Data)
	}
	return data
}

// silent are so many packets of silence.
func silent(count int) [][]byte { return slices.Repeat([][]byte{sound.Silence}, count) }

func newSoundHarness(t *testing.T, change func(*Options)) (*harness, *fakeSound) {
	heard := &fakeSound{}
	return newHarness(t, func(o *Options) {
		o.Sound = heard.open
		if change != nil {
			change(o)
		}
	}), heard
}

// holdsSound checks that the file has these access units and these packets, the first at 0.
func (h *harness) holdsSound(name string, units []h264.AccessUnit, packets ...[][]byte) {
	h.t.Helper()
	h.holds(name, units)
	got, want := mp4test.Sounds(h.t, h.path(name)), mp4test.SoundsOf(slices.Concat(packets...))
	if slices.Equal(got, want) {
		return
	}
	first := 0
	for first < min(len(got), len(want)) && got[first] == want[first] {
		first++
	}
	h.t.Errorf("%s has %d packets of sound, want %d; the first that differs is %d", name, len(got), len(want), first)
}

// lasts is how many packets end with the video of so many pictures.
func lasts(units []h264.AccessUnit) int {
	first, last := units[0].CaptureNS, units[len(units)-1].CaptureNS
	ticks := func(ns uint64) uint64 { return (ns - first) * 9 / 100_000 }
	end := ticks(last) + 3000
	if len(units) > 1 {
		end = 2*ticks(last) - ticks(units[len(units)-2].CaptureNS)
	}
	return int((end + 900) / 1800) // the last one may be half behind it
}

func TestSoundIsRecordedFromTheFirstPictureOn(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 2)
	first := units[0].CaptureNS
	before := heard(first-10*packetNS-4e6, 10)
	packets := heard(first-4e6, 100) // the nearest place of the first one is 0
	microphone.publish(before...)
	name := r.begins(units)
	microphone.publish(packets...)
	r.ends(units)
	r.holdsSound(name, units, of(packets[:lasts(units)]))
	if microphone.opened != microphone.closed {
		t.Errorf("%d readers were opened, %d closed", microphone.opened, microphone.closed)
	}
}

func TestRealSoundPlaysWhileTheFileGrowsAndOnceItIsFinished(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 2)
	packets := heard(units[0].CaptureNS, 100)
	for i, data := range mp4test.Opus(t, 1, 100) {
		packets[i].Data = data
	}
	name := r.begins(units)
	microphone.publish(packets...)
	r.source.publish(units[10:]...)
	r.source.waitUntilRead()
	mp4test.Plays(t, r.path(name+partSuffix))
	r.stop()
	r.holdsSound(name, units, of(packets[:lasts(units)]))
	mp4test.Plays(t, r.path(name))
	if loudest := slices.Max(mp4test.Samples(t, r.path(name))); loudest < 1000 {
		t.Errorf("the loudest sample is %d", loudest)
	}
}

func TestSoundThatComesLateIsInTheFileWhenItEnds(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	r.system.soundTimeout = time.Minute
	units := seconds(t, 1)
	name := r.begins(units)
	packets := heard(units[0].CaptureNS, 60)
	microphone.publish(packets[:30]...)
	r.source.publish(units[10:]...)
	r.source.waitUntilRead()
	ended := make(chan error)
	go func() {
		_, err := r.Stop()
		ended <- err
	}()
	for _, packet := range packets[30:] { // 20 ms each, as it would come
		time.Sleep(time.Millisecond)
		microphone.publish(packet)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	r.holdsSound(name, units, of(packets[:lasts(units)]))
}

func TestWithoutAnyPacketTheTrackIsSilentAndAsLongAsTheVideo(t *testing.T) {
	r, _ := newSoundHarness(t, nil)
	units := seconds(t, 4)
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, silent(lasts(units)))
	mp4test.Plays(t, r.path(name))
}

func TestWithoutAMicrophoneThereIsNoTrackOfSound(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 1)
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units)
	content, err := os.ReadFile(r.path(name))
	if err != nil || bytes.Contains(content, []byte("Opus")) || bytes.Contains(content, []byte("soun")) {
		t.Error("there is one", err)
	}
}

func TestTheTrackHasTheChannelsOfTheSoundThatThereIs(t *testing.T) {
	for channels, toc := range map[byte]byte{1: 0xf8, 2: 0xfc} {
		r, microphone := newSoundHarness(t, nil)
		units := seconds(t, 1)
		packets := heard(units[0].CaptureNS, 60)
		for i := range packets {
			packets[i].Data[0] = toc
		}
		microphone.publish(packets...)
		name := r.begins(units)
		r.ends(units)
		content, err := os.ReadFile(r.path(name))
		if err != nil || !bytes.Contains(content, []byte{'d', 'O', 'p', 's', 0, channels, 0, 0, 0, 0, 0xbb, 0x80}) {
			t.Errorf("%d channels: %v", channels, err)
		}
	}
}

func TestWhatIsMissingIsSilenceSoThatTheRestKeepsItsTime(t *testing.T) {
	for name, gap := range map[string]struct {
		change func(behind []sound.Packet)
		count  int // packets of silence
	}{
		"the segment goes and comes again, of another writer": {func(behind []sound.Packet) {
			for i := range behind {
				behind[i].CaptureNS += 600e6 + 7e6
				behind[i].Epoch = 2
			}
		}, 30},
		"the writer says so": {func(behind []sound.Packet) {
			behind[0].Gap = true
			for i := range behind {
				behind[i].CaptureNS += 32e6
			}
		}, 2},
		"nobody says so": {func(behind []sound.Packet) {
			for i := range behind {
				behind[i].CaptureNS += 100e6
			}
		}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			r, microphone := newSoundHarness(t, nil)
			units := seconds(t, 3)
			packets := heard(units[0].CaptureNS, 100)
			gap.change(packets[50:])
			file := r.begins(units)
			microphone.publish(packets...)
			r.ends(units)
			rest := lasts(units) - 50 - gap.count
			written := min(rest, 50)
			r.holdsSound(file, units, of(packets[:50]), silent(gap.count), of(packets[50:50+written]), silent(rest-written))
		})
	}
}

func TestAMicrophoneThatIsPulledLeavesSilenceToTheEnd(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 6)
	packets := heard(units[0].CaptureNS, 50)
	name := r.begins(units)
	microphone.publish(packets...)
	r.source.publish(units[10:170]...)
	r.source.waitUntilRead()
	content, err := os.ReadFile(r.path(name + partSuffix)) // as a kill would leave it
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(content, append([]byte("mdat"), sound.Silence...)); got < 125 || got > 135 {
		t.Errorf("%d packets of silence stand in the growing file, want all but two seconds'", got)
	}
	r.source.publish(units[170:]...)
	r.stop()
	r.holdsSound(name, units, of(packets), silent(lasts(units)-50))
}

func TestSilenceForMinutesKeepsTheTrackInStep(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := mp4test.Clip(t, "baseline", 160, 120, 400, 0)
	for i := range units { // a picture a second, each of them a keyframe
		units[i].Data, units[i].Keyframe = units[0].Data, true
		units[i].CaptureNS = 1e12 + uint64(i)*1e9
	}
	r.system.now = func() (time.Time, uint64) { return time.Now(), 1e12 + 400e9 }
	before := heard(units[0].CaptureNS, 50)
	after := heard(units[0].CaptureNS+390e9, 500)
	microphone.publish(before...)
	microphone.publish(after...)
	r.source.put(units...)
	name := r.start()
	r.stop()
	r.holdsSound(name, units, of(before), silent(389*50), of(after))
}

func TestPacketsThatBelongNowhereAreLeftOut(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 2)
	packets := heard(units[0].CaptureNS, 100)
	_, now := bothClocks()
	back, future, never := heard(units[0].CaptureNS+200e6, 3), heard(now+3600e9, 2), heard(1<<64-1-1e9, 2)
	past := heard(1, 3)
	bad := heard(packets[60].CaptureNS, 4)
	bad[0].Data = append([]byte{0xf8}, make([]byte, 1275)...) // too large
	bad[1].Data = []byte{0xf0, 1, 2, 3}                       // of 10 ms
	bad[2].Data = []byte{0x18, 1, 2, 3}                       // of 60 ms
	bad[3].Data = nil
	name := r.begins(units)
	microphone.publish(packets[:50]...)
	microphone.publish(slices.Concat(back, future, never, past)...)
	microphone.publish(packets[50:60]...)
	microphone.publish(bad...)
	microphone.publish(packets[64:]...)
	r.ends(units)
	r.holdsSound(name, units, of(packets[:60]), silent(4), of(packets[64:lasts(units)]))
}

func TestATimeThatGoesBackForGoodIsSilence(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 4)
	packets := heard(units[0].CaptureNS, 200)
	for i := range packets[100:] {
		packets[100+i].CaptureNS -= 3600e9
		packets[100+i].Epoch = 2
	}
	name := r.begins(units)
	microphone.publish(packets...)
	r.ends(units)
	r.holdsSound(name, units, of(packets[:100]), silent(lasts(units)-100))
}

func TestSoundThatIsSwitchedOffIsSilenceFromThatMomentUntilItIsOnAgain(t *testing.T) {
	var on atomic.Bool
	on.Store(true)
	r, microphone := newSoundHarness(t, func(o *Options) { o.SoundOn = on.Load })
	r.soundSwitch.from = 0 // it runs for long
	units := seconds(t, 3)
	microphone.publish(heard(units[0].CaptureNS, 150)...) // the writer does not care
	packets := heard(units[0].CaptureNS, 50)
	r.begins(units)
	publish := func(from, to int) {
		r.source.publish(units[from:to]...)
		r.source.waitUntilRead()
	}
	publish(10, 31) // 1 s
	on.Store(false)
	publish(31, 61)
	on.Store(true) // only now: all that the segment has was captured before
	publish(61, 90)
	name := r.stop().Filename
	r.holdsSound(name, units, of(packets[:50]), silent(lasts(units)-50))
}

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

type soundAt struct {
	at   time.Duration
	data []byte
}

// soundsOf walks the pairs of a file, without its table.
func soundsOf(t *testing.T, path string) (sounds []soundAt) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rest := content[bytes.Index(content, []byte("moof"))-4:]
	for len(rest) > 108 && string(rest[4:8]) == "moof" {
		size := binary.BigEndian.Uint32(rest[92:])
		if binary.BigEndian.Uint32(rest[44:]) == 3 {
			at := time.Duration(binary.BigEndian.Uint64(rest[60:])) * time.Second / sound.Rate
			sounds = append(sounds, soundAt{at, rest[108 : 108+size]})
		}
		rest = rest[108+size:]
	}
	return sounds
}

func TestSoundGoesOnInTheNextFileWithoutLosingOrRepeatingAPacket(t *testing.T) {
	r, microphone := newSoundHarness(t, func(o *Options) { o.Segment = 1500 * time.Millisecond })
	units := seconds(t, 6)
	packets := heard(units[0].CaptureNS+3e6, 300)
	microphone.publish(packets...)
	r.begins(units)
	r.ends(units)
	files, next := r.files(), 0
	if len(files) != 3 {
		t.Fatalf("files are %v, want two rolls", files)
	}
	for i, name := range files {
		r.holds(name, units[60*i:60*(i+1)])
		first := units[60*i].CaptureNS
		for _, packet := range soundsOf(t, r.path(name)) {
			if bytes.Equal(packet.data, sound.Silence) {
				continue // no packet ended with the file
			}
			off := packet.at - time.Duration(packets[next].CaptureNS-first)
			if !bytes.Equal(packet.data, packets[next].Data) || off.Abs() > 10*time.Millisecond {
				t.Fatalf("%s: packet %d is another, or %v off", name, next, off)
			}
			next++
		}
	}
	if missing := len(packets) - next; missing > 1 {
		t.Errorf("%d packets are in no file", missing)
	}
}

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

func TestThePastIsKeptWithItsSound(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 3)
	packets := heard(units[0].CaptureNS, 150)
	microphone.publish(packets...)
	r.source.publish(units...)
	kept, err := r.KeepPast(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r.holdsSound(kept.Filename, units, of(packets[:lasts(units)]))
	if microphone.opened != 1 || microphone.closed != 1 {
		t.Errorf("%d readers were opened, %d closed", microphone.opened, microphone.closed)
	}
}

func TestWhatIsRecordedByItselfHasSoundAndAReaderOfItsOwn(t *testing.T) {
	r, microphone := newSoundHarness(t, func(o *Options) { o.Mode = Always })
	units := seconds(t, 2)
	packets := heard(units[0].CaptureNS, 100)
	microphone.publish(packets...)
	r.source.publish(units...)
	r.source.waitUntilRead()
	r.Close()
	r.holdsSound(r.files()[0], units, of(packets[:lasts(units)]))
}

func TestWritingSoundAllocatesNothing(t *testing.T) {
	microphone := &endlessSound{}
	r := newHarness(t, func(o *Options) { o.Sound, o.SoundOn = microphone.open, func() bool { return true } })
	r.system.syncEvery = time.Hour
	units := seconds(t, 200)
	s := oneSession(t, r)
	s.begun, microphone.packet = true, heard(units[0].CaptureNS, 1)[0]
	s.sound = r.openSound()
	au := units[1]
	au.CaptureNS = units[0].CaptureNS
	if err := s.add(units[0]); err != nil {
		t.Fatal(err)
	}
	if allocations := testing.AllocsPerRun(5000, func() {
		au.CaptureNS += 33e6
		if err := s.add(au); err != nil {
			t.Fatal(err)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations for each frame", allocations)
	}
	if until := s.segment.mp4.SoundUntil(); until < 160*time.Second {
		t.Errorf("%v of sound were written", until)
	}
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

func TestAVisitHasTheSoundFromItsPreRollToItsPostRoll(t *testing.T) {
	microphone := &fakeSound{}
	f := newFilming(t, Visits, func(f *filming) { f.options.Sound = microphone.open })
	packets := heard(1e12, 50*60)
	film := func(frames int) {
		for range frames {
			_, now := f.ring.clock()
			for ; packets[0].CaptureNS < now; packets = packets[1:] {
				microphone.publish(packets[0])
			}
			f.film(1)
		}
	}
	film(30*20 + 17)
	_, now := f.ring.clock()
	leased := f.lease(5, 3)
	film(30 * 17)
	f.untilOver()
	units := between(f.ring.units, leased.FirstNS, now+15e9)
	f.holds(leased.Filename, units)
	sounds := soundsOf(t, f.path(leased.Filename))
	for _, packet := range sounds[:len(sounds)-3] { // the newest of them may not have come when it ended
		captured := time.Duration(binary.BigEndian.Uint64(append(packet.data, make([]byte, 8)...)[1:]) - leased.FirstNS)
		if (packet.at - captured).Abs() > 10*time.Millisecond {
			t.Fatalf("what was captured at %v is at %v", captured, packet.at)
		}
	}
	if len(sounds) != lasts(units) {
		t.Errorf("%d packets, want %d", len(sounds), lasts(units))
	}
}

func TestWhatWasCapturedWhileSoundWasOffIsInNoPreRoll(t *testing.T) {
	var on atomic.Bool
	r, microphone := newSoundHarness(t, func(o *Options) { o.SoundOn = on.Load })
	units := seconds(t, 2)
	microphone.publish(heard(units[0].CaptureNS, 100)...) // of a writer that does not care
	r.soundSwitch.isOn()                                  // as each second
	on.Store(true)
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, silent(lasts(units)))
}

func TestWhatWasCapturedBeforeTheStartIsInNoPreRoll(t *testing.T) {
	r, microphone := newSoundHarness(t, func(o *Options) { o.SoundOn = func() bool { return true } })
	units := seconds(t, 2)
	microphone.publish(heard(units[0].CaptureNS, 50)...) // maybe before the owner turned sound on
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, silent(lasts(units)))
}

func TestAPictureThatSaysAWrongTimeCostsNoHourOfSilence(t *testing.T) {
	r, microphone := newSoundHarness(t, nil)
	units := seconds(t, 1)
	microphone.publish(heard(units[0].CaptureNS, 20)...)
	units[len(units)-1].CaptureNS += uint64(time.Hour)
	name := r.begins(units)
	r.ends(units)
	// A minute behind that picture, and one more or two before the file is finished; not this hour and the next.
	if packets := mp4test.Sounds(t, r.path(name)); len(packets) > 5*60*50 {
		t.Errorf("the file has %v of sound", time.Duration(len(packets))*packetNS)
	}
	r.holds(name, units)
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
