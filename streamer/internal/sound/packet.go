// Package sound is a packet of Opus, as the audio segment of docs/shm-layout.md has it: 20 ms of sound. It imports nothing
// of the streamer.
package sound

const (
	// Rate is how many samples a second Opus counts, whatever was recorded.
	Rate = 48000
	// MaxBytes is the longest packet of the segment.
	MaxBytes = 1275
	// PacketNS is how long a packet sounds, in ns.
	PacketNS = 20_000_000
	// PacketSamples is how many samples it gives.
	PacketSamples = Rate * PacketNS / 1_000_000_000
)

// Silence is a packet of 20 ms without any sound, mono: CELT over the whole band. It is only to be read.
var Silence = []byte{0xF8, 0xFF, 0xFE}

// Packet is 20 ms of sound.
type Packet struct {
	Epoch, Record uint64  // of the writer; number within the epoch
	Number        uint64  // the source's own count
	CaptureNS     uint64  // CLOCK_MONOTONIC of the first sample; it rises within an epoch
	PublishNS     uint64  // CLOCK_MONOTONIC
	Samples       int     // PacketSamples
	RMS, Peak     float32 // dBFS, -96..0
	Gap           bool    // something is missing between the packet before and this one
	Data          []byte  // Opus, 1..MaxBytes bytes, mono or stereo
}
