// Package mp4 writes H.264, and metadata and Opus beside it, into MP4 files that play at any moment while they grow and are ordinary
// MP4 once finished, without writing media data twice. docs/recordings.md specifies the bytes and the order of the steps.
//
// Nothing here is safe for use from several goroutines at once, and no goroutine is started. It imports sound.
package mp4

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"time"
)

// File is what a Writer needs of *os.File. Sync makes data and size durable.
type File interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
}

// Writer makes a file grow by samples: Begin, Add each NAL unit, End. Finish turns it into an ordinary MP4.
type Writer struct {
	file   File
	movie  movie
	first  int64 // offset of the first sample's moof
	tables tables
	buf    pair // the sample that is being put together
	note   pair // the same of what stands beside it
	held   held // packets of sound that FlushSound writes
	torn   bool // part of what could not be written may stand behind the last pair
}

// Create writes the head of a growing file into the empty file.
func Create(file File, track Track) (*Writer, error) {
	if !track.isWhole() {
		return nil, errNoParameterSets
	}
	w := &Writer{file: file, movie: newMovie(track, true)}
	var head boxes
	appendFtyp(&head)
	w.movie.appendMoov(&head, &w.tables, 0)
	w.first = int64(len(head.b))
	if _, err := file.WriteAt(head.b, 0); err != nil {
		return nil, fmt.Errorf("mp4: head: %w", err)
	}
	return w, nil
}

// Begin starts a sample and forgets one that was not ended.
func (w *Writer) Begin() { w.buf.begin() }

// Add appends a NAL unit (without start code) to the sample.
func (w *Writer) Add(nal []byte) { w.buf.add(nal) }

// End writes the sample by a single write; at counts from the first sample, and sync says that it is a keyframe. A
// sample without NAL units is none. When it fails, the file ends behind the sample before, and End may be called again.
func (w *Writer) End(at time.Duration, sync bool) error {
	if w.buf.size() == 0 {
		return nil
	}
	stamp := ticks(at)
	video := &w.tables.video
	if video.len() > 0 {
		stamp = min(max(stamp, video.newest+1), video.newest+math.MaxUint32)
	}
	f := fragment{
		track:    videoID,
		sequence: w.tables.nextSequence(),
		at:       stamp,
		duration: video.guess(stamp),
		size:     uint32(w.buf.size()),
		sync:     sync,
	}
	f.put(w.buf)
	if err := w.append(w.buf); err != nil {
		return fmt.Errorf("mp4: sample: %w", err)
	}
	w.tables.add(f)
	return nil
}

// append writes a pair behind the last one. When it fails, the file ends there again, or will before the next write.
func (w *Writer) append(pair []byte) error {
	if err := w.mend(); err != nil {
		return err
	}
	_, err := w.file.WriteAt(pair, w.Size())
	if err != nil {
		w.torn = true
		err = errors.Join(err, w.mend())
	}
	return err
}

// mend takes away what part of a pair could be written.
func (w *Writer) mend() error {
	if !w.torn {
		return nil
	}
	err := w.file.Truncate(w.Size())
	w.torn = err != nil
	return err
}

// Samples returns how many there are of the video.
func (w *Writer) Samples() int { return w.tables.video.len() }

// Size returns the bytes of the file up to the end of the last sample.
func (w *Writer) Size() int64 { return w.first + w.tables.bytes() }

// Duration returns the time from the first sample of the video to the end of the last, whose own duration is a guess.
func (w *Writer) Duration() time.Duration {
	return ticksDuration(w.tables.video.duration())
}

// ticks converts a time to the timescale of 90 kHz, rounded down as RTP timestamps are.
func ticks(d time.Duration) uint64 { return uint64(d) * 9 / 100_000 }

func ticksDuration(ticks uint64) time.Duration { return time.Duration(ticks * 100_000 / 9) }

// Finish makes an ordinary MP4 of the file by the steps F1 to F5 of docs/recordings.md and returns its size in bytes.
// Where there is no room for the table, the newest samples make room. When it fails, the file still plays as it grew,
// and Recover can finish it later.
func (w *Writer) Finish() (int64, error) {
	if err := errors.Join(w.mend(), w.file.Sync()); err != nil { // F1
		return 0, fmt.Errorf("mp4: finish: %w", err)
	}
	size, err := w.appendTable() // F2
	if err != nil {
		return 0, fmt.Errorf("mp4: table: %w", err)
	}
	if err := w.file.Sync(); err != nil { // F3
		return 0, fmt.Errorf("mp4: finish: %w", err)
	}
	if _, err := w.file.WriteAt(w.mdatHeader(), ftypSize); err != nil { // F4
		return 0, fmt.Errorf("mp4: finish: %w", err)
	}
	return size, w.file.Sync() // F5
}

// appendTable writes the moov inside a free box and returns the file's size.
func (w *Writer) appendTable() (int64, error) {
	for room := int64(0); ; {
		table := w.hiddenTable()
		_, err := w.file.WriteAt(table, w.Size())
		if err == nil {
			return w.Size() + int64(len(table)), nil
		}
		room = max(2*room, int64(len(table))+blockSlack)
		if !noRoom(err) || !w.dropNewest(room) {
			return 0, errors.Join(err, w.file.Truncate(w.Size()))
		}
		if err := w.file.Truncate(w.Size()); err != nil {
			return 0, err
		}
	}
}

// blockSlack is what file systems may round up and keep for themselves, bytes.
const blockSlack = 16 << 10

// hiddenTable returns a free box with the finished file's moov as its content.
func (w *Writer) hiddenTable() []byte {
	w.tables.metadata.lastUntil(w.tables.video.duration())
	b := boxes{make([]byte, 0, 4096+20*len(w.tables.order))}
	b.box("free", func() { w.movie.appendMoov(&b, &w.tables, w.first) })
	return b.b
}

// mdatHeader returns the 16 bytes that cover everything from ftypSize to the moov within the free box.
func (w *Writer) mdatHeader() []byte {
	var b boxes
	b.u32(1) // the size is the 64-bit one
	b.b = append(b.b, "mdat"...)
	b.u64(uint64(w.Size() + 8 - ftypSize))
	return b.b
}

// dropNewest forgets newest samples of at least so many bytes; false, and nothing is dropped, where that would leave
// none.
func (w *Writer) dropNewest(bytes int64) bool {
	end := w.tables.bytes() - bytes
	if w.Samples() == 0 || end < fragmentHeader+int64(w.tables.video.samples[0].size) {
		return false
	}
	for w.tables.bytes() > end {
		w.tables.dropNewest()
	}
	return true
}

// noRoom says that the error is of a kind that a smaller file does not have.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
