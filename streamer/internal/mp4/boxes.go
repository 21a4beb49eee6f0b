package mp4

import "encoding/binary"

// boxes builds nested MP4 boxes (ISO/IEC 14496-12) in one buffer, so that a table of megabytes is never copied.
type boxes struct{ b []byte }

// box appends a box whose content is what fill appends.
func (w *boxes) box(kind string, fill func()) {
	start := len(w.b)
	w.u32(0)
	w.b = append(w.b, kind...)
	fill()
	binary.BigEndian.PutUint32(w.b[start:], uint32(len(w.b)-start))
}

// full appends a box that begins with a version and 24 bits of flags.
func (w *boxes) full(kind string, version byte, flags uint32, fill func()) {
	w.box(kind, func() {
		w.u32(uint32(version)<<24 | flags)
		fill()
	})
}

func (w *boxes) u8(v byte)    { w.b = append(w.b, v) }
func (w *boxes) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *boxes) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *boxes) u64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }

// u32s appends several values of 32 bits, for the fixed stretches of a box.
func (w *boxes) u32s(values ...uint32) {
	for _, v := range values {
		w.u32(v)
	}
}

// count says how many boxes of the type b has at its top level.
func count(b []byte, kind string) (n int) {
	for len(b) >= 8 {
		size := uint64(binary.BigEndian.Uint32(b))
		if size < 8 || size > uint64(len(b)) {
			break
		}
		if string(b[4:8]) == kind {
			n++
		}
		b = b[size:]
	}
	return n
}

// after returns what stands at the top level of b behind the first n boxes of the type; nil where there are fewer.
func after(b []byte, kind string, n int) []byte {
	for n > 0 {
		if len(b) < 8 {
			return nil
		}
		size := uint64(binary.BigEndian.Uint32(b))
		if size < 8 || size > uint64(len(b)) {
			return nil
		}
		if string(b[4:8]) == kind {
			n--
		}
		b = b[size:]
	}
	return b
}

// find returns the content of the first box at the path of types below b, nil where there is none.
func find(b []byte, path ...string) []byte {
	for len(b) >= 8 {
		size := uint64(binary.BigEndian.Uint32(b))
		if size < 8 || size > uint64(len(b)) {
			return nil
		}
		if string(b[4:8]) == path[0] {
			if len(path) == 1 {
				return b[8:size]
			}
			return find(b[8:size], path[1:]...)
		}
		b = b[size:]
	}
	return nil
}
