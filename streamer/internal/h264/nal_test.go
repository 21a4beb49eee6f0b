package h264_test

import (
	"bytes"
	"testing"

	"petcam/streamer/internal/h264"
)

// The first bytes of an access unit, in NAL units.
const (
	delimiter = "\x09\x10"
	sps       = "\x67\x42\xc0\x1f"
	pps       = "\x68\xcb\x83"
	sei       = "\x06\x05\x01\xff\x80"
	idr       = "\x65\x88\x84\x00\x10"
	slice     = "\x41\x9a\x21"
)

// annexB joins NAL units, with long and short start codes in turn.
func annexB(nals ...string) []byte {
	var data []byte
	for i, nal := range nals {
		if i%2 == 0 {
			data = append(data, 0)
		}
		data = append(append(data, 0, 0, 1), nal...)
	}
	return data
}

func TestItFindsTheNALUnitsBetweenStartCodes(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"long and short start codes":       {annexB(sps, pps, idr), []string{sps, pps, idr}},
		"zeros behind a NAL unit":          {[]byte("\x00\x00\x01" + slice + "\x00\x00\x00\x00\x01" + slice + "\x00\x00"), []string{slice, slice}},
		"emulation prevention stays":       {annexB("\x41\x00\x00\x03\x01"), []string{"\x41\x00\x00\x03\x01"}},
		"what is before the first is none": {[]byte("noise\x00\x00\x01" + slice), []string{slice}},
		"empty NAL units are none":         {[]byte("\x00\x00\x01\x00\x00\x01" + slice + "\x00\x00\x01"), []string{slice}},
		"no start code":                    {[]byte(slice), nil},
		"nothing":                          {nil, nil},
	} {
		var got []string
		for nal := range h264.NALs(c.data) {
			got = append(got, string(nal))
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
		}
	}
}

func TestALoopOverNALUnitsCanBeLeftEarly(t *testing.T) {
	for nal := range h264.NALs(annexB(sps, pps, idr)) {
		if h264.TypeOf(nal) != h264.NALSPS {
			t.Errorf("got type %d after the loop was left", h264.TypeOf(nal))
		}
		break
	}
}

func TestAKeyframeHasSPSAndPPSBeforeAnIDRPicture(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"complete":            {annexB(delimiter, sps, pps, sei, idr, idr), true},
		"PPS before SPS":      {annexB(pps, sps, idr), true},
		"no PPS":              {annexB(sps, idr), false},
		"no SPS":              {annexB(pps, idr), false},
		"parameter sets late": {annexB(idr, sps, pps), false},
		"no IDR picture":      {annexB(sps, pps, slice), false},
		"no picture":          {annexB(sps, pps), false},
		"nothing":             {nil, false},
	} {
		if got := h264.IsKeyframe(c.data); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestLookingAtNALUnitsAllocatesNothing(t *testing.T) {
	data, size := annexB(delimiter, sps, pps, sei, idr), 0
	allocations := testing.AllocsPerRun(100, func() {
		for nal := range h264.NALs(data) {
			size += len(nal)
		}
		if !h264.IsKeyframe(data) {
			t.Error("it is a keyframe")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations, want 0", allocations)
	}
}

func TestTheRTPTimestampIsCaptureTimeAt90kHz(t *testing.T) {
	for captureNS, want := range map[uint64]uint32{
		0:                     0,
		81_234_567_890:        7_311_111,
		1_000_000_000:         90_000,
		4_772_185_884_444_444: 4294967295, // just before it wraps for the hundredth time
	} {
		if got := h264.RTPTimestamp(captureNS); got != want {
			t.Errorf("%d ns: got %d, want %d", captureNS, got, want)
		}
	}
}

func FuzzNALs(f *testing.F) {
	f.Add(annexB(delimiter, sps, pps, sei, idr, slice))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := 0
		for nal := range h264.NALs(data) {
			if len(nal) == 0 || nal[len(nal)-1] == 0 || bytes.Contains(nal, []byte{0, 0, 1}) {
				t.Fatalf("%x is no NAL unit", nal)
			}
			size += 3 + len(nal)
		}
		if size > len(data) {
			t.Errorf("%d bytes of NAL units and start codes in %d", size, len(data))
		}
		h264.IsKeyframe(data)
	})
}
