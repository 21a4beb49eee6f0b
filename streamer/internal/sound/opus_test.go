package sound_test

import (
	"testing"

	"petcam/streamer/internal/sound"
)

// toc is an Opus packet's first byte.
func toc(configuration, stereo, code byte) byte { return configuration<<3 | stereo<<2 | code }

func TestTheTOCSaysHowLongAPacketSounds(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want int
	}{
		"silence":                  {sound.Silence, 960},
		"SILK, 10 ms":              {[]byte{toc(0, 0, 0)}, 480},
		"SILK, 20 ms":              {[]byte{toc(9, 1, 0), 1}, 960},
		"SILK, 60 ms":              {[]byte{toc(3, 0, 0)}, 2880},
		"hybrid, 20 ms":            {[]byte{toc(13, 0, 0)}, 960},
		"CELT, 2.5 ms":             {[]byte{toc(28, 0, 0)}, 120},
		"two frames of 10 ms":      {[]byte{toc(30, 0, 1)}, 960},
		"two of different lengths": {[]byte{toc(30, 0, 2), 1}, 960},
		"four frames of 5 ms":      {[]byte{toc(29, 0, 3), 4}, 960},
		"four, VBR and padding":    {[]byte{toc(29, 0, 3), 0xC0 | 4}, 960},
		"120 ms":                   {[]byte{toc(3, 0, 1)}, 5760},
		"over 120 ms":              {[]byte{toc(3, 0, 3), 3}, 0},
		"no frame":                 {[]byte{toc(31, 0, 3), 0}, 0},
		"no count of frames":       {[]byte{toc(31, 0, 3)}, 0},
		"nothing":                  {nil, 0},
	} {
		if got := sound.Samples(c.data); got != c.want {
			t.Errorf("%s: %d samples, want %d", name, got, c.want)
		}
	}
}

func TestTheTOCSaysWhetherAPacketIsStereo(t *testing.T) {
	if sound.IsStereo(sound.Silence) || sound.IsStereo(nil) || !sound.IsStereo([]byte{toc(31, 1, 0)}) {
		t.Error("mono and stereo are mistaken")
	}
}
