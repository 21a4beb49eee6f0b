package h264_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"petcam/streamer/internal/h264"
)

// Pictures and their PPS, of which both belong to SPS 0.
const (
	pps0 = "\x68\xcb\x83\xcb\x20"
	pps1 = "\x68\x5b\x83\xcb\x20"
	idr0 = "\x65\x88\x84\x00\x10"
	idr1 = "\x65\x88\x50\x00\x10"
)

// known takes note of access units.
func known(units ...[]byte) *h264.ParameterSets {
	sets := &h264.ParameterSets{}
	for _, data := range units {
		sets.Update(data)
	}
	return sets
}

func nalsOf(data []byte) (nals []string) {
	for nal := range h264.NALs(data) {
		nals = append(nals, string(nal))
	}
	return nals
}

func TestAKeyframeIsCompletedWithAllThatDecodingNeedsFromThere(t *testing.T) {
	sps0 := string(unhex(t, baseline))
	for name, c := range map[string]struct {
		before []byte
		data   []byte
		want   []string
	}{
		"complete":                  {nil, annexB(delimiter, sps0, pps0, sei, idr0), []string{delimiter, sps0, pps0, sei, idr0}},
		"its PPS came before":       {annexB(sps0, pps1, slice), annexB(delimiter, sps0, pps0, idr1), []string{delimiter, sps0, pps1, pps0, idr1}},
		"another is of its SPS":     {annexB(pps1, slice), annexB(sps0, pps0, idr0), []string{sps0, pps0, pps1, idr0}},
		"both came before":          {annexB(sps0, pps0), annexB(sei, idr0), []string{sps0, pps0, sei, idr0}},
		"its PPS never came":        {annexB(sps0, pps0), annexB(idr1), []string{idr1}},
		"its SPS never came":        {annexB(pps0), annexB(idr0), []string{idr0}},
		"a broken set changes none": {annexB(sps0, pps0, "\x67\x42", "\x68"), annexB(idr0), []string{sps0, pps0, idr0}},
	} {
		sets := known(c.before, c.data)
		if got := nalsOf(sets.Complete(c.data)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestTheNewestSetOfAnIDCounts(t *testing.T) {
	sps0, newer := string(unhex(t, baseline)), "\x68\xcb\x8b\xcb\x20"
	sets := known(annexB(sps0, pps0), annexB(newer, slice))
	if got, want := nalsOf(sets.Complete(annexB(idr0))), []string{sps0, newer, idr0}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !sets.Changed() {
		t.Error("PPS 0 has changed")
	}
}

func TestAnSPSOfAnotherPictureSizeForgetsItsPPS(t *testing.T) {
	sets := known(annexB(string(unhex(t, baseline)), pps0, pps1), annexB(string(written(66, 0, 0)), pps0))
	if got := nalsOf(sets.Complete(annexB(idr0))); len(got) != 3 || got[1] != pps0 {
		t.Errorf("got %q", got)
	}
	if sets.Changed() {
		t.Error("pictures of that size had no other sets")
	}
}

func TestParameterSetsAreBounded(t *testing.T) {
	sets := known(annexB(string(unhex(t, baseline)), pps0))
	for i := range 64 { // of ids 1 to 64, a kilobyte each
		w := &bitWriter{}
		w.ue(uint32(i + 1))
		w.ue(0)
		w.bit(1)
		sets.Update(annexB("\x68" + string(w.data) + string(bytes.Repeat([]byte{0xff}, 1000))))
	}
	data := sets.Complete(annexB(idr0))
	if len(data) > 40<<10 || len(nalsOf(data)) < 3 {
		t.Errorf("a keyframe has %d bytes in %d NAL units", len(data), len(nalsOf(data)))
	}
}

func TestWhatFitsATrackIsToldByPictureAndDecoderNotByTheVUI(t *testing.T) {
	parse := func(nal []byte) h264.SPS {
		sps, err := h264.ParseSPS(nal)
		if err != nil {
			t.Fatal(err)
		}
		return sps
	}
	first := parse(unhex(t, baseline))
	change := func(at int, to byte) h264.SPS {
		nal := unhex(t, baseline)
		nal[at] = to
		return parse(nal)
	}
	for name, c := range map[string]struct {
		sps  h264.SPS
		fits bool
	}{
		"the same":             {first, true},
		"more constraints":     {change(2, 0xe0), true},
		"fewer constraints":    {change(2, 0x80), false},
		"a lower level":        {change(3, 30), true},
		"a higher level":       {change(3, 32), false},
		"another profile":      {change(1, 77), false},
		"another picture size": {parse(written(66, 0xc0, 0)), false},
	} {
		if c.sps.Fits(first) != c.fits {
			t.Errorf("%s: fits is %v", name, !c.fits)
		}
	}
	if other := change(len(unhex(t, baseline))-9, 0x20); !other.DecodesAs(first) || !other.Fits(first) {
		t.Error("only its VUI differs")
	}
}

func TestThePixelsAspectIsThatOfTheVUIWhereItMakesSense(t *testing.T) {
	for name, c := range map[string]struct {
		idc, width, height uint32
		want               [2]int
	}{
		"square":              {1, 0, 0, [2]int{1, 1}},
		"16:11":               {4, 0, 0, [2]int{16, 11}},
		"2:1":                 {16, 0, 0, [2]int{2, 1}},
		"reserved":            {17, 0, 0, [2]int{1, 1}},
		"not told":            {0, 0, 0, [2]int{1, 1}},
		"in numbers":          {255, 64, 45, [2]int{64, 45}},
		"in numbers, upright": {255, 1, 8, [2]int{1, 8}},
		"too wide":            {255, 9, 1, [2]int{1, 1}},
		"no width":            {255, 0, 5, [2]int{1, 1}},
	} {
		sps, err := h264.ParseSPS(withAspect(c.idc, c.width, c.height))
		if err != nil || sps.Aspect != c.want {
			t.Errorf("%s: got %v, %v, want %v", name, sps.Aspect, err, c.want)
		}
	}
	if sps, err := h264.ParseSPS(unhex(t, high)); err != nil || sps.Aspect != [2]int{1, 1} {
		t.Errorf("got %v, %v", sps.Aspect, err)
	}
}

// withAspect makes an SPS of 64×48 pixels with an aspect_ratio_idc.
func withAspect(idc, width, height uint32) []byte {
	w := &bitWriter{}
	put := func(count int, value uint32) {
		for i := count - 1; i >= 0; i-- {
			w.bit(byte(value >> i & 1))
		}
	}
	for _, value := range []uint32{0, 0, 2, 1} { // id, log2_max_frame_num, order of output, reference frames
		w.ue(value)
	}
	w.bit(0)
	w.ue(3)
	w.ue(2)
	put(4, 0b1101) // frames only, direct 8×8, no cropping, VUI
	w.bit(1)
	put(8, idc)
	if idc == 255 {
		put(16, width)
		put(16, height)
	}
	put(7, 0) // nothing else is told
	w.bit(1)
	return append([]byte{0x67, 66, 0xc0, 30}, w.data...)
}

func TestLookingForParameterSetsAllocatesNothing(t *testing.T) {
	key, other := annexB(delimiter, string(unhex(t, baseline)), pps0, idr0), annexB(slice)
	sets := known(key)
	if allocations := testing.AllocsPerRun(100, func() {
		sets.Update(key)
		sets.Update(other)
		sets.Complete(key)
	}); allocations != 0 {
		t.Errorf("%v allocations, want 0", allocations)
	}
}

func FuzzParameterSets(f *testing.F) {
	f.Add(annexB(delimiter, string(unhex(f, baseline)), pps0, pps1, idr1), annexB(idr0))
	f.Add(annexB(pps1, slice), annexB(string(unhex(f, withHRD)), idr1))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		sets := known(first, second)
		whole := sets.Complete(second)
		if again := sets.Complete(whole); !bytes.Equal(again, whole) {
			t.Errorf("completed again %x becomes %x", whole, again)
		}
		if sps, pps, ok := sets.Fitting(second); ok && (len(sps) == 0 || len(pps) == 0) {
			t.Error("no sets fit their own picture: " + fmt.Sprint(sps, pps))
		}
	})
}
