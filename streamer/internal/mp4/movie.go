package mp4

import (
	"bytes"
	"encoding/binary"
	"time"
)

const (
	timescale = 90_000 // ticks per second, of the movie and of its tracks but for sound
	videoID   = 1      // of the tracks

	ftypSize      = 40            // bytes of ftyp; here begins the moov of a growing file, the mdat of a finished one
	secondsTo1970 = 2_082_844_800 // from the epoch of MP4, 1904-01-01 UTC
)

// Track says what a file holds.
type Track struct {
	Width, Height int       // pixels
	SPS, PPS      [][]byte  // NAL units without start code, at least one of each
	Start         time.Time // wall clock at the first frame's capture
	Sound         int       // channels of the sound, 1 or 2; 0: there is no track of it
}

// isWhole says whether it has what decoding needs.
func (t Track) isWhole() bool { return len(t.SPS) > 0 && len(t.PPS) > 0 && len(t.SPS[0]) >= 4 }

// movie is what both forms of the moov box say alike.
type movie struct {
	created       uint64 // seconds since 1904-01-01 UTC
	width, height uint16 // pixels
	entries       []byte // content of stsd: the sample entry with its avcC
	hasMetadata   bool   // it has the second track
	soundEntries  []byte // content of the third track's stsd; nil: there is none
}

func newMovie(t Track, hasMetadata bool) movie {
	created := max(t.Start.Unix()+secondsTo1970, 0)
	return movie{uint64(created), uint16(t.Width), uint16(t.Height), sampleEntries(t), hasMetadata, soundEntries(t.Sound)}
}

// parseMovie reads back what appendMoov wrote; ok is false where it is something else.
func parseMovie(moov []byte) (m movie, ok bool) {
	mvhd := find(moov, "mvhd")
	tkhd := find(moov, "trak", "tkhd")
	entries := find(moov, "trak", "mdia", "minf", "stbl", "stsd")
	if len(mvhd) != 112 || len(tkhd) != 96 || len(entries) == 0 {
		return movie{}, false
	}
	width, height := binary.BigEndian.Uint16(tkhd[88:]), binary.BigEndian.Uint16(tkhd[92:])
	created := binary.BigEndian.Uint64(mvhd[4:])
	m = movie{created, width, height, bytes.Clone(entries), count(moov, "trak") > 1, nil}
	if third := find(after(moov, "trak", 2), "trak", "mdia", "minf", "stbl", "stsd"); third != nil {
		m.soundEntries = bytes.Clone(third)
	}
	return m, true
}

func (m movie) hasSound() bool { return m.soundEntries != nil }

// start returns the wall clock that created stands for.
func (m movie) start() time.Time { return time.Unix(int64(m.created)-secondsTo1970, 0) }

func appendFtyp(w *boxes) {
	w.box("ftyp", func() {
		w.b = append(w.b, "isom\x00\x00\x02\x00isomiso2iso5iso6avc1mp41"...)
	})
}

// appendMoov appends the moov box. Without samples it is the head of a growing file, with mvex; with samples
// the table of a finished one, whose first sample's moof lies at firstOffset.
func (m movie) appendMoov(w *boxes, t *tables, firstOffset int64) {
	w.box("moov", func() {
		m.appendMvhd(w, t.duration())
		m.appendVideo(w, t, firstOffset)
		if m.hasMetadata {
			m.appendMetadata(w, t, firstOffset)
		}
		if m.hasSound() {
			m.appendSound(w, t, firstOffset)
		}
		if t.video.len() > 0 {
			return
		}
		w.box("mvex", func() {
			for id := uint32(videoID); id <= m.lastID(); id++ {
				w.full("trex", 0, 0, func() { w.u32s(id, 1, 0, 0, 0) })
			}
		})
	})
}

func (m movie) appendVideo(w *boxes, t *tables, firstOffset int64) {
	duration := t.video.duration()
	w.box("trak", func() {
		m.appendTkhd(w, videoID, duration, m.width, m.height)
		w.box("mdia", func() {
			m.appendMdhd(w, timescale, duration)
			appendHdlr(w, "vide")
			w.box("minf", func() {
				w.full("vmhd", 0, 1, func() { w.u32s(0, 0) })
				appendDinf(w)
				w.box("stbl", func() {
					w.box("stsd", func() { w.b = append(w.b, m.entries...) })
					t.video.append(w, true)
					t.appendOffsets(w, videoID, firstOffset)
				})
			})
		})
	})
}

// lastID is that of the last track.
func (m movie) lastID() uint32 {
	switch {
	case m.hasSound():
		return soundID
	case m.hasMetadata:
		return metadataID
	default:
		return videoID
	}
}

func (m movie) appendMvhd(w *boxes, duration uint64) {
	w.full("mvhd", 1, 0, func() {
		w.u64(m.created)
		w.u64(m.created)
		w.u32(timescale)
		w.u64(duration)
		w.u32s(0x10000, 0x1000000, 0, 0) // rate 1.0, volume 1.0
		appendMatrix(w)
		w.u32s(0, 0, 0, 0, 0, 0)
		w.u32(m.lastID() + 1)
	})
}

func (m movie) appendTkhd(w *boxes, id uint32, duration uint64, width, height uint16) {
	const enabledInMovie = 3
	volume := uint32(0)
	if id == soundID {
		volume = 0x100 << 16 // 1.0
	}
	w.full("tkhd", 1, enabledInMovie, func() {
		w.u64(m.created)
		w.u64(m.created)
		w.u32s(id, 0)
		w.u64(duration)
		w.u32s(0, 0, 0, volume) // no layer, no group
		appendMatrix(w)
		w.u32s(uint32(width)<<16, uint32(height)<<16)
	})
}

func (m movie) appendMdhd(w *boxes, perSecond uint32, duration uint64) {
	const undetermined = 0x55c4 // ISO 639-2 "und"
	w.full("mdhd", 1, 0, func() {
		w.u64(m.created)
		w.u64(m.created)
		w.u32(perSecond)
		w.u64(duration)
		w.u16(undetermined)
		w.u16(0)
	})
}

func appendMatrix(w *boxes) {
	w.u32s(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
}

func appendHdlr(w *boxes, handler string) {
	w.full("hdlr", 0, 0, func() {
		w.u32(0)
		w.b = append(w.b, handler...)
		w.u32s(0, 0, 0)
		w.b = append(w.b, "petcam\x00"...)
	})
}

// appendDinf appends the dinf that says: the data is in this file.
func appendDinf(w *boxes) {
	w.box("dinf", func() {
		w.full("dref", 0, 0, func() {
			w.u32(1)
			w.full("url ", 0, 1, func() {})
		})
	})
}
