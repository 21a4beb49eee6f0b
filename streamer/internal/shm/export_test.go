package shm

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/sound"
)

// What the tests need of the package's unexported parts. The tests are in a package of their own, as they use shmtest,
// which imports this one.

type (
	FixedHeader = fixedHeader
	RawSlot     = rawSlot
)

func ParseHeader(raw *FixedHeader, fileSize int64) (epoch uint64, err error) {
	found, err := parseHeader(raw, fileSize, streamShape)
	return found.epoch, err
}

type RawDetectionSlot = rawDetectionSlot

func ParseDetections(raw *RawDetectionSlot, n uint64, to *detections.Result) error {
	return parseDetections(raw, n, to)
}

type RawAudioSlot = rawAudioSlot

// ParseAudioSlot gives where the data of an accepted slot is.
func ParseAudioSlot(raw *RawAudioSlot, n uint64, to *sound.Packet) (offset, size int, err error) {
	found, err := parseAudioSlot(raw, n, to)
	return found.offset, found.size, err
}

// ParseSlot gives where the data of an accepted slot is.
func ParseSlot(raw *RawSlot, n uint64) (offset, size int, ok bool) {
	found, err := parseSlot(raw, n)
	return found.offset, found.size, err == nil
}

func CheckOwner(stat *unix.Stat_t, petcamUser, petcamGroup int64) error {
	return checkOwner(stat, ids{self: int64(os.Geteuid()), petcamUser: petcamUser, petcamGroup: petcamGroup}, "/name")
}

// Memory is the mapping of a Reader that has read something.
func (r *Reader) Memory() []byte { return r.layout.(*stream).segment.memory }

func (n Wakeup) Wait(timer *time.Timer, atMost time.Duration) { n.wait(timer, atMost) }

// SilentAfterNS is after how long a stream is silent whose pictures were published at these times, in ns.
func SilentAfterNS(published []uint64) uint64 {
	var p pace
	for _, ns := range published {
		p.came(ns)
	}
	return p.silentAfterNS()
}

// SearchInterval is how often a PolledReader looks for a segment.
const SearchInterval = searchInterval
