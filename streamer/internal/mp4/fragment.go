package mp4

import (
	"bytes"
	"encoding/binary"
)

const (
	moofSize       = 100
	fragmentHeader = moofSize + 8 // what stands before each sample's bytes: moof and the header of mdat

	defaultBaseIsMoof = 0x20000
	trunFields        = 0x701 // data offset; duration, size and flags of the sample

	flagsSync    = 0x2000000 // depends on no other sample
	flagsNotSync = 0x1010000
)

// fragment is what the moof and mdat headers before a sample say of it.
type fragment struct {
	track    uint32 // its ID
	sequence uint32 // of the fragment, from 1
	at       uint64 // ticks
	duration uint32 // ticks, a guess
	size     uint32 // bytes
	sync     bool
}

// put writes the pair of headers into the first fragmentHeader bytes of b. It is written out by hand and not by boxes:
// it runs for each access unit and must not allocate.
func (f fragment) put(b []byte) {
	flags := uint32(flagsNotSync)
	if f.sync {
		flags = flagsSync
	}
	putHeader(b[0:], moofSize, "moof")
	putHeader(b[8:], 16, "mfhd")
	put32(b[16:], 0)
	put32(b[20:], f.sequence)
	putHeader(b[24:], 76, "traf")
	putHeader(b[32:], 16, "tfhd")
	put32(b[40:], defaultBaseIsMoof)
	put32(b[44:], f.track)
	putHeader(b[48:], 20, "tfdt")
	put32(b[56:], 1<<24)
	binary.BigEndian.PutUint64(b[60:], f.at)
	putHeader(b[68:], 32, "trun")
	put32(b[76:], trunFields)
	put32(b[80:], 1) // sample
	put32(b[84:], fragmentHeader)
	put32(b[88:], f.duration)
	put32(b[92:], f.size)
	put32(b[96:], flags)
	putHeader(b[100:], 8+f.size, "mdat")
}

// parseFragment reads what put wrote; ok is false where a single byte is otherwise.
func parseFragment(b []byte) (f fragment, ok bool) {
	if len(b) < fragmentHeader {
		return fragment{}, false
	}
	f = fragment{
		track:    binary.BigEndian.Uint32(b[44:]),
		sequence: binary.BigEndian.Uint32(b[20:]),
		at:       binary.BigEndian.Uint64(b[60:]),
		duration: binary.BigEndian.Uint32(b[88:]),
		size:     binary.BigEndian.Uint32(b[92:]),
		sync:     binary.BigEndian.Uint32(b[96:]) == flagsSync,
	}
	var again [fragmentHeader]byte
	f.put(again[:])
	return f, bytes.Equal(again[:], b[:fragmentHeader])
}

func putHeader(b []byte, size uint32, kind string) {
	put32(b, size)
	copy(b[4:8], kind)
}

func put32(b []byte, v uint32) { binary.BigEndian.PutUint32(b, v) }
