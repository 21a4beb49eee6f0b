package library

import (
	"encoding/binary"
	"math"
	"math/big"
	"os"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
)

const (
	secondsTo1970    = 2_082_844_800 // from 1904, where the times of an MP4 begin
	mvhdSize         = 32            // of version 1, to its duration
	stszSize         = 12            // to its array
	maxConfiguration = 4096          // bytes of avcC: SPS and PPS
	sampleEntrySize  = 78            // of avc1, before its boxes
)

// table is what a recording's moov box says of the whole. Only box headers and three boxes at known positions are read:
// some thirty small reads, whatever the file's length.
type table struct {
	created  int64   // Unix time of its beginning; below 0 where the file does not say
	frames   uint32  // 0 while it grows, like the duration
	duration float64 // seconds
	shape    Shape
}

// Shape is a picture's width and height with square pixels; nothing where the file does not say.
type Shape struct{ Width, Height int }

// readTable returns nil where the file has no moov box in the form that petcam writes.
func readTable(file *os.File) (*table, error) {
	f, err := openBoxes(file)
	if err != nil {
		return nil, err
	}
	t := f.table()
	if f.err != nil {
		return nil, f.err
	}
	return t, nil
}

func openBoxes(file *os.File) (*boxFile, error) {
	var s unix.Stat_t
	if err := again(func() error { return unix.Fstat(int(file.Fd()), &s) }); err != nil {
		return nil, err
	}
	return &boxFile{file: file, of: number{uint64(s.Dev), s.Ino}, size: s.Size}, nil
}

func (f *boxFile) table() *table {
	moov, found := f.find(f.all(), "moov")
	if !found {
		return nil
	}
	samples, found := f.find(moov, "trak", "mdia", "minf", "stbl")
	if !found {
		return nil
	}
	stsz, found := f.find(samples, "stsz")
	if !found {
		return nil
	}
	mvhd, _ := f.find(moov, "mvhd")
	head, counts := f.whole(mvhd.start, mvhdSize), f.whole(stsz.start, stszSize)
	if head == nil || counts == nil || head[0] != 1 {
		return nil
	}
	created, timescale := binary.BigEndian.Uint64(head[4:]), binary.BigEndian.Uint32(head[20:])
	if timescale == 0 {
		return nil
	}
	return &table{
		created:  int64(min(created, math.MaxInt64)) - secondsTo1970,
		frames:   binary.BigEndian.Uint32(counts[8:]),
		duration: quotient(binary.BigEndian.Uint64(head[24:]), timescale),
		shape:    f.shape(samples),
	}
}

// quotient is the nearest number, as Python has it.
func quotient(ticks uint64, timescale uint32) float64 {
	if ticks <= 1<<53 {
		return float64(ticks) / float64(timescale)
	}
	nearest, _ := new(big.Rat).SetFrac(new(big.Int).SetUint64(ticks), big.NewInt(int64(timescale))).Float64()
	return nearest
}

func (f *boxFile) shape(samples span) Shape {
	set := f.parameterSet(samples)
	if len(set) > 0 {
		set[0] = byte(h264.NALSPS) // its place says what it is
	}
	sps, err := h264.ParseSPS(set)
	if err != nil {
		return Shape{}
	}
	width := math.RoundToEven(float64(int64(sps.Width)*int64(sps.Aspect[0])) / float64(sps.Aspect[1]))
	return Shape{max(1, int(width)), sps.Height}
}

// parameterSet is the first one of the track with this sample table; none where it is not H.264 with lengths of four
// bytes.
func (f *boxFile) parameterSet(samples span) []byte {
	stsd, found := f.find(samples, "stsd")
	if !found {
		return nil
	}
	avc1, found := f.find(span{stsd.start + 8, stsd.end}, "avc1")
	if !found {
		return nil
	}
	avcC, found := f.find(span{avc1.start + sampleEntrySize, avc1.end}, "avcC")
	if !found || avcC.len() > maxConfiguration {
		return nil
	}
	configuration := f.at(avcC.start, int(avcC.len()))
	if len(configuration) < 6 || configuration[0] != 1 || configuration[4]&3 != 3 {
		return nil
	}
	return firstSet(configuration[6:], int(configuration[5]&31))
}

// firstSet is the first of so many sets behind their lengths that is not empty, as far as it is there.
func firstSet(b []byte, count int) []byte {
	for ; count > 0 && len(b) > 2; count-- {
		size := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if size > 0 {
			return b[:min(size, len(b))]
		}
	}
	return nil
}
