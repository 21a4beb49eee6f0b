package sound

// frameSamples are the samples at 48 kHz of one frame, by the configuration in the TOC: SILK, then hybrid, then CELT.
var frameSamples = [32]int{
	480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880,
	480, 960, 480, 960,
	120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960,
}

// maxSamples is what a packet gives at most: 120 ms.
const maxSamples = 5760

// Samples is how many samples at 48 kHz an Opus packet gives by its TOC (RFC 6716, 3.1); 0 where it is none.
func Samples(data []byte) int {
	samples := frames(data)
	if samples > 0 {
		samples *= frameSamples[data[0]>>3]
	}
	if samples > maxSamples {
		return 0
	}
	return samples
}

// frames is how many frames a packet says that it has.
func frames(data []byte) int {
	if len(data) == 0 {
		return 0
	}
	switch data[0] & 3 {
	case 0:
		return 1
	case 1, 2:
		return 2
	}
	if len(data) < 2 {
		return 0
	}
	return int(data[1] & 0x3F)
}

// IsStereo says whether an Opus packet has two channels.
func IsStereo(data []byte) bool { return len(data) > 0 && data[0]&4 != 0 }
