package record

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"testing"
	"time"

	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/sound"
)

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
