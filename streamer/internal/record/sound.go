package record

import (
	"errors"
	"log/slog"
	"syscall"
	"time"

	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/sound"
)

// Sound is a reader of the microphone's packets that nobody else reads from.
type Sound interface {
	// Poll copies the next packet, if one is there, from the oldest on; it never waits for one.
	Poll(to *sound.Packet) bool
	Close()
}

// The bounds of docs/recordings.md, Sound.
const (
	mostSoundOff     = 60 * time.Millisecond // from its place, either way: more is a gap
	driftLimit       = 12 * time.Millisecond
	driftPackets     = 25              // in a row, until one is left out or put before
	soundPatience    = 2 * time.Second // for packets that may still come
	soundComesWithin = time.Second     // of the newest picture's capture: more are on their way
	soundLookAgain   = 10 * time.Millisecond
	mostLooked       = 5000        // packets at once: over what the shared memory has
	mostSilence      = time.Minute // at once; the rest behind the next picture, where that time was right
)

// soundFeed puts the microphone's packets into the files of one recording. It belongs to the goroutine that writes them, which
// it never fails: what goes wrong here costs sound only. A nil one has no microphone.
type soundFeed struct {
	reader Sound
	on     *soundSwitch
	system *system
	log    *slog.Logger
	packet sound.Packet // the next one, where has
	has    bool
	looked int    // packets since the last picture
	broken bool   // something is missing before the next packet that is written
	drift  int    // packets in a row that are too late; below 0: too early
	epoch  uint64 // of the newest packet
	lastNS uint64 // when it was captured
	said   bool   // that the disk does not take them
}

// openSound makes the feed of a recording that begins now; what the shared memory has is not missed from here on.
func (r *Recorder) openSound() *soundFeed {
	if r.options.Sound == nil {
		return nil
	}
	f := &soundFeed{reader: r.options.Sound(), on: r.soundSwitch, system: &r.system, log: r.options.Log}
	f.take()
	return f
}

func (f *soundFeed) close() {
	if f != nil {
		f.reader.Close()
	}
}

// begin has the next packet begin a file, and gives how many channels its track has; 0: it has none.
func (f *soundFeed) begin() (channels int) {
	if f == nil {
		return 0
	}
	f.looked, f.broken, f.drift = 0, true, 0
	if f.take() && sound.IsStereo(f.packet.Data) {
		return 2
	}
	return 1
}

// write puts those packets into a file that end no later than its newest picture.
func (f *soundFeed) write(to *segment) {
	if f == nil {
		return
	}
	to.mp4.HoldSound() // all that came since the last picture is written at once
	f.writeUntil(to, to.elapsed(to.last))
	f.flush(to)
}

// flush writes what is held; what the disk does not take waits for the next time.
func (f *soundFeed) flush(to *segment) {
	if err := to.mp4.FlushSound(); err != nil {
		f.warn(to, err)
	}
}

// finish writes all that belongs into a file that ends, and silence up to its end.
func (f *soundFeed) finish(to *segment) {
	if f == nil {
		return
	}
	f.flush(to) // there may be no room for a packet behind it
	end := to.mp4.Duration() + mp4.MaxSoundOverhang
	f.writeUntil(to, end)
	for begin := time.Now(); f.isComing(to, end) && time.Since(begin) < f.system.soundTimeout; {
		time.Sleep(soundLookAgain)
		f.writeUntil(to, end)
	}
	f.putSilence(to, end)
}

// isComing says whether packets are on their way that belong into the file.
func (f *soundFeed) isComing(to *segment, end time.Duration) bool {
	return !f.has && f.lastNS+uint64(soundComesWithin) > to.last.CaptureNS && hasRoom(to, end) && f.on.isOn()
}

// hasRoom says whether one more packet ends at a time of the file or before.
func hasRoom(to *segment, end time.Duration) bool {
	return to.mp4.SoundUntil()+mp4.SoundDuration <= end
}

// writeUntil writes the packets that end at a time of the file or before, by the rules O1 to O5 of docs/recordings.md.
func (f *soundFeed) writeUntil(to *segment, end time.Duration) {
	f.looked = 0
	if !f.on.isOn() {
		f.drop()
		f.putSilence(to, end)
		return
	}
	for hasRoom(to, end) && f.take() { // else one would only be looked for
		if !f.place(to, end) {
			return
		}
	}
	f.putSilence(to, end-soundPatience)
}

// take says whether there is a packet, after looking for one. What was captured later than now, or while sound was off, is
// left out; a writer that is faster than this is not followed.
func (f *soundFeed) take() bool {
	for !f.has && f.looked < mostLooked && f.reader.Poll(&f.packet) {
		f.looked++
		p := &f.packet
		_, now := f.system.now()
		f.broken = f.broken || p.Gap || p.Epoch != f.epoch
		f.epoch, f.has = p.Epoch, true
		isPacket := len(p.Data) <= sound.MaxBytes && sound.Samples(p.Data) == sound.PacketSamples
		if !isPacket || p.CaptureNS > now || p.CaptureNS < f.on.since() {
			f.drop()
			continue
		}
		f.lastNS = p.CaptureNS
	}
	return f.has
}

// drop leaves the packet out, so that something is missing before the next.
func (f *soundFeed) drop() {
	f.broken = f.broken || f.has
	f.has = false
}

// place writes the packet where it belongs, or leaves it out; false: its turn is later.
func (f *soundFeed) place(to *segment, end time.Duration) bool {
	switch missing := f.missing(f.late(to)); {
	case missing < 0:
		f.drop()
		f.drift = 0
		return true
	case missing > 0:
		f.putSilence(to, min(end, to.mp4.SoundUntil()+time.Duration(missing)*mp4.SoundDuration))
	}
	late := f.late(to)
	if late >= mp4.SoundDuration || !f.put(to, f.packet.Data, end) {
		return false
	}
	f.noteDrift(late)
	f.has, f.broken = false, false
	return true
}

// late is how much later than the time of the file's next sample the packet was captured.
func (f *soundFeed) late(to *segment) time.Duration {
	return time.Duration(f.packet.CaptureNS-to.first.CaptureNS) - to.mp4.SoundUntil()
}

// missing is how many packets of silence belong before one that is so late; below 0: it is to be left out.
func (f *soundFeed) missing(late time.Duration) int {
	switch {
	case f.broken || late.Abs() >= mostSoundOff:
		return int(late.Round(mp4.SoundDuration) / mp4.SoundDuration)
	case f.drift >= driftPackets && late > driftLimit:
		return 1
	case f.drift <= -driftPackets && late < -driftLimit:
		return -1
	default:
		return 0
	}
}

// noteDrift counts packets that are too late, or too early, one behind the other.
func (f *soundFeed) noteDrift(late time.Duration) {
	switch {
	case late > driftLimit:
		f.drift = max(f.drift, 0) + 1
	case late < -driftLimit:
		f.drift = min(f.drift, 0) - 1
	default:
		f.drift = 0
	}
}

// putSilence writes silence that ends at a time of the file or before.
func (f *soundFeed) putSilence(to *segment, end time.Duration) {
	end = min(end, to.mp4.SoundUntil()+mostSilence)
	for f.put(to, sound.Silence, end) {
		f.broken = true // what comes begins anew
	}
}

// put writes a packet, unless it would end behind a time of the file, or the disk does not take it.
func (f *soundFeed) put(to *segment, packet []byte, end time.Duration) bool {
	if !hasRoom(to, end) {
		return false
	}
	added, err := to.mp4.AddSound(packet)
	if err != nil {
		f.warn(to, err)
	}
	return added
}

// warn says once that the disk does not take sound; of a file that is full the pictures tell.
func (f *soundFeed) warn(to *segment, err error) {
	if !f.said && !errors.Is(err, syscall.EFBIG) {
		f.said = true
		f.log.Warn("sound cannot be written into the recording", "name", to.name, "error", err)
	}
}
