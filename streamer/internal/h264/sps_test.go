package h264_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"petcam/streamer/internal/h264"
)

// Parameter sets that x264 wrote.
const (
	baseline    = "6742c01fd9005005bb0110000003001000000303c0f1832480"
	mainProfile = "674d401eeca0501ed80880000003008000001e078b16cb"
	high        = "67640028acd940780227e5c044000003000400000300f03c60c658"
	high422     = "677a000dbcd9415087888fc044000003000400000300f03c50a658"
	high444     = "67f4000d919b282a10f1f1f80880000003008000001e078a14cb"
	interlaced  = "6764001eacd940b424d8088000000300800000190f8a14cb"
	withHRD     = "6764001eacb201405ff2e02200000300020000030065c08001e848003d09c98600f162e480"
)

func TestItReadsRealParameterSets(t *testing.T) {
	for name, c := range map[string]struct {
		nal           string
		profile       uint8
		level         uint8
		width, height int
		reorder       int
		canReorder    bool
	}{
		"constrained baseline":              {baseline, 66, 31, 1280, 720, 0, false},
		"main with B-frames":                {mainProfile, 77, 30, 640, 480, 2, true},
		"high, cropped":                     {high, 100, 40, 1920, 1080, 2, true},
		"4:2:2, cropped":                    {high422, 122, 13, 322, 242, 2, true},
		"4:4:4, cropped":                    {high444, 244, 13, 322, 242, 2, true},
		"interlaced":                        {interlaced, 100, 30, 720, 576, 2, true},
		"buffering periods, and no B-frame": {withHRD, 100, 30, 640, 360, 0, false},
	} {
		got, err := h264.ParseSPS(unhex(t, c.nal))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Profile != c.profile || got.Level != c.level || got.Width != c.width || got.Height != c.height {
			t.Errorf("%s: got %+v, want %+v", name, got, c)
		}
		if got.MaxReorderFrames != c.reorder || got.CanReorder() != c.canReorder {
			t.Errorf("%s: reorders %d frames (%v), want %d (%v)",
				name, got.MaxReorderFrames, got.CanReorder(), c.reorder, c.canReorder)
		}
	}
}

func TestWithoutVUIOnlyTheProfileAndThePictureOrderRuleOutReordering(t *testing.T) {
	for name, c := range map[string]struct {
		nal  []byte
		want bool
	}{
		"main":                      {written(77, 0, 0), true},
		"main, in decoding order":   {written(77, 0, 2), false},
		"main, order by cycle":      {written(77, 0, 1), true},
		"baseline":                  {written(66, 0, 0), false},
		"main with constraint_set3": {written(77, 0x10, 0), true},
	} {
		got, err := h264.ParseSPS(c.nal)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got.CanReorder() != c.want || got.MaxReorderFrames != -1 || got.Width != 64 || got.Height != 48 {
			t.Errorf("%s: got %+v, reorders: %v, want %v", name, got, got.CanReorder(), c.want)
		}
	}
}

func TestItRefusesWhatIsNoParameterSet(t *testing.T) {
	whole := unhex(t, high)
	for name, nal := range map[string][]byte{
		"nothing":     nil,
		"another NAL": []byte("\x68\xcb\x83\xcb\x20"),
		"only zeros":  []byte("\x67\x42\xc0\x1f\x00\x00\x00\x00\x00\x00\x00\x00"),
		"a third":     whole[:len(whole)/3],
	} {
		if got, err := h264.ParseSPS(nal); !errors.Is(err, h264.ErrBadSPS) {
			t.Errorf("%s: got %+v and %v, want ErrBadSPS", name, got, err)
		}
	}
}

func FuzzParseSPS(f *testing.F) {
	for _, nal := range []string{baseline, mainProfile, high, high422, high444, interlaced, withHRD} {
		f.Add(unhex(f, nal))
	}
	f.Fuzz(func(t *testing.T, nal []byte) {
		sps, err := h264.ParseSPS(nal)
		if err == nil && (sps.Width < 1 || sps.Width > 1<<16 || sps.Height < 1 || sps.Height > 1<<17) {
			t.Errorf("accepted %d×%d pixels", sps.Width, sps.Height)
		}
	})
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	nal, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return nal
}

// written makes an SPS of 64×48 pixels without cropping and VUI.
func written(profile, constraints byte, pictureOrder uint32) []byte {
	w := &bitWriter{}
	w.ue(0) // seq_parameter_set_id
	if profile >= 100 {
		w.ue(1)  // chroma_format_idc: 4:2:0
		w.ue(2)  // ten bits of luma
		w.ue(2)  // and of chroma
		w.bit(0) // qpprime_y_zero_transform_bypass_flag
		w.bit(1) // scaling lists, of which only the first is there
		w.bit(1)
		for range 16 {
			w.ue(0) // as the one before
		}
		for range 7 {
			w.bit(0)
		}
	}
	w.ue(0) // log2_max_frame_num_minus4
	w.ue(pictureOrder)
	switch pictureOrder {
	case 0:
		w.ue(2)
	case 1:
		w.bit(0)
		w.ue(0)
		w.ue(0)
		w.ue(2) // two offsets follow
		w.ue(1)
		w.ue(2)
	}
	w.ue(1)  // max_num_ref_frames
	w.bit(0) // gaps_in_frame_num_value_allowed_flag
	w.ue(3)
	w.ue(2)
	for _, bit := range []byte{1, 1, 0, 0, 1} { // frames only, direct 8×8, no cropping, no VUI, stop bit
		w.bit(bit)
	}
	return append([]byte{0x67, profile, constraints, 30}, w.data...)
}

type bitWriter struct {
	data []byte
	used int // bits of the last byte
}

func (w *bitWriter) bit(bit byte) {
	if w.used%8 == 0 {
		w.data = append(w.data, 0)
	}
	w.data[len(w.data)-1] |= bit << (7 - w.used%8)
	w.used++
}

func (w *bitWriter) ue(value uint32) {
	zeros := 0
	for (value+1)>>(zeros+1) != 0 {
		zeros++
	}
	for range zeros {
		w.bit(0)
	}
	for i := zeros; i >= 0; i-- {
		w.bit(byte((value + 1) >> i & 1))
	}
}
