package h264

// bitReader reads the bits of a NAL unit's payload and leaves out its emulation prevention bytes.
// Reading past the end gives zeros and sets failed, so that a parser checks once, at its end.
type bitReader struct {
	data   []byte // what is still to be read
	zeros  int    // zero bytes just before data
	octet  byte   // being read, its next bit on the left
	left   int    // bits left in octet
	read   int    // bits read so far
	failed bool
}

func (r *bitReader) bit() uint32 {
	if r.left == 0 {
		r.octet, r.left = r.next(), 8
	}
	bit := r.octet >> 7
	r.octet <<= 1
	r.left--
	r.read++
	return uint32(bit)
}

// next takes a byte; the 3 of a 00 00 03 is there only so that no start code appears, and is skipped.
func (r *bitReader) next() byte {
	if r.zeros >= 2 && len(r.data) > 0 && r.data[0] == 3 {
		r.data, r.zeros = r.data[1:], 0
	}
	if len(r.data) == 0 {
		r.failed = true
		return 0
	}
	octet := r.data[0]
	r.data = r.data[1:]
	if octet == 0 {
		r.zeros++
	} else {
		r.zeros = 0
	}
	return octet
}

func (r *bitReader) bits(count int) uint32 {
	var value uint32
	for range count {
		value = value<<1 | r.bit()
	}
	return value
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

// ue reads an unsigned Exp-Golomb code, at most 2³²-2.
func (r *bitReader) ue() uint32 {
	zeros := 0
	for r.bit() == 0 {
		zeros++
		if zeros > 31 || r.failed {
			r.failed = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// se reads a signed Exp-Golomb code.
func (r *bitReader) se() int32 {
	code := r.ue()
	if code&1 == 1 {
		return int32(code/2 + 1)
	}
	return -int32(code / 2)
}
