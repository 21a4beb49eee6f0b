package mp4_test

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"petcam/streamer/internal/mp4"
)

// hugeFile is a file of this head, and zeros behind it for ever.
type hugeFile []byte

func (f hugeFile) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(f)) {
		copy(p, f[off:])
	}
	return len(p), nil
}

func (hugeFile) WriteAt([]byte, int64) (int, error) { return 0, errors.New("written to") }
func (hugeFile) Truncate(int64) error               { return errors.New("truncated") }
func (hugeFile) Sync() error                        { return nil }

func TestAFileThatClaimsAHugeTableIsForeignAndNotRead(t *testing.T) {
	for _, claimed := range []uint64{16, 1 << 20, math.MaxInt64 - 10, math.MaxInt64, 1 << 63} {
		head := []byte("\x00\x00\x00\x28ftypisom\x00\x00\x02\x00isomiso2iso5iso6avc1mp41\x00\x00\x00\x01mdat")
		head = binary.BigEndian.AppendUint64(head, claimed)
		if _, err := mp4.Recover(hugeFile(head), 1<<50); !errors.Is(err, mp4.ErrForeign) {
			t.Errorf("%d bytes of media: error is %v", claimed, err)
		}
	}
}
