package record

import (
	"slices"
	"testing"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
)

// inTurns makes a clip of so many seconds that ends now, whose groups of a second are of two encoders in turn, each with
// its own parameters of x264.
func inTurns(t *testing.T, n int, profile string, params ...string) []h264.AccessUnit {
	_, now := bothClocks()
	units := make([]h264.AccessUnit, 0, 30*n)
	clips := make([][]h264.AccessUnit, len(params))
	for i, more := range params {
		clips[i] = mp4test.ClipWith(t, "aud=1:"+more, profile, 160, 120, 30*n, now-uint64(n)*1e9)
	}
	for second := range n {
		units = append(units, clips[second%len(clips)][30*second:30*(second+1)]...)
	}
	return units
}

// frames counts those of a file that plays without a word of complaint.
func (h *harness) frames(name string) int {
	mp4test.Plays(h.t, h.path(name))
	return len(mp4test.Packets(h.t, h.path(name)))
}

func TestAnSPSThatDiffersInWordsOnlyEndsNoFile(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(inTurns(t, 6, "baseline", "videoformat=pal", "videoformat=ntsc:colorprim=bt709")...)
	name := r.start()
	r.stop()
	if files := r.files(); len(files) != 1 || r.frames(name) != 180 {
		t.Errorf("files are %v, the first has %d frames, want one with 180", files, r.frames(name))
	}
}

func TestParameterSetsThatCameOnceAreWithEachKeyframeThatNeedsThem(t *testing.T) {
	units := inTurns(t, 6, "baseline", "sps-id=0", "sps-id=1")
	var known h264.ParameterSets
	for i := range units {
		known.Update(units[i].Data)
		if i >= 30*2 {
			units[i] = mp4test.Without(units[i], h264.NALSPS, h264.NALPPS)
		}
	}
	for name, from := range map[string]int{"from the first picture on": 0, "joined later": 30 * 3} {
		t.Run(name, func(t *testing.T) {
			r := newHarness(t, func(o *Options) {
				o.ParameterSets = func() h264.ParameterSets { return known.Clone() }
			})
			r.source.publish(slices.Clone(units[from:])...)
			file := r.start()
			r.stop()
			if files := r.files(); len(files) != 1 || r.frames(file) != len(units)-from {
				t.Errorf("files are %v, the first has %d frames, want %d", files, r.frames(file), len(units)-from)
			}
		})
	}
}

// A PPS that changes what pictures are decoded by ends one file: a player that goes back in it would keep the newer one.
func TestAPPSThatChangesAgainAndAgainEndsOneFileAtMost(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(inTurns(t, 8, "baseline", "chroma-qp-offset=0", "chroma-qp-offset=4")...)
	r.start()
	r.stop()
	files := r.files()
	if len(files) != 2 {
		t.Fatalf("files are %v, want two", files)
	}
	if first, rest := r.frames(files[0]), r.frames(files[1]); first != 30 || rest != 210 {
		t.Errorf("the files have %d and %d frames, want 30 and 210", first, rest)
	}
}

func TestAPPSThatComesBetweenKeyframesIsInTheFile(t *testing.T) {
	units := inTurns(t, 3, "baseline", "sps-id=0")
	var pps []byte
	for nal := range h264.NALs(units[0].Data) {
		if h264.TypeOf(nal) == h264.NALPPS {
			pps = slices.Clone(nal)
		}
	}
	second := slices.Concat([]byte{0, 0, 0, 1, pps[0]}, withID1(pps[1:]))
	units[10].Data = slices.Concat(second, units[10].Data)
	r := newHarness(t, nil)
	r.source.publish(units...)
	name := r.start()
	r.stop()
	if files := r.files(); len(files) != 1 || r.frames(name) != 90 {
		t.Errorf("files are %v, want one of 90 frames", files)
	}
	packets, bare := mp4test.Packets(t, r.path(name)), mp4test.Expect(units)
	for i, packet := range packets {
		if more := packet.Size - bare[i].Size; (more > 0) != (i == 10 || i == 30 || i == 60) {
			t.Errorf("frame %d has %d bytes of parameter sets", i, more)
		}
	}
}

// withID1 makes PPS 1 of PPS 0: the first bit, Exp-Golomb 0, becomes 010.
func withID1(payload []byte) []byte {
	changed := []byte{0}
	put := func(at int, bit byte) {
		if at/8 == len(changed) {
			changed = append(changed, 0)
		}
		changed[at/8] |= bit << (7 - at%8)
	}
	put(1, 1)
	for i := 1; i < 8*len(payload); i++ {
		put(i+2, payload[i/8]>>(7-i%8)&1)
	}
	return changed
}

func TestWhatIsForRTPAloneAndFillersAreNotInTheFile(t *testing.T) {
	units := seconds(t, 2)
	changed := slices.Clone(units)
	for i := range changed {
		for _, kind := range []byte{0x00, 0x0c, 0x18, 0x1c, 0x1d, 0x1f} {
			changed[i].Data = slices.Concat(changed[i].Data, []byte{0, 0, 1, kind, 0x80, 1, 2, 3, 4, 5})
		}
	}
	r := newHarness(t, nil)
	r.source.publish(changed...)
	name := r.start()
	r.stop()
	r.holds(name, units)
	r.frames(name)
}
