package microphone

// maxPairBytes bounds a pair so that it passes each link and VPN without being cut, as the packets of pictures do.
const maxPairBytes = 1188

// pair appends to buffer the Opus packet that has the frames of both of these (RFC 6716, 3.2); false: there is none, as
// they are of different kinds or have more than one frame already.
func pair(buffer, a, b []byte) ([]byte, bool) {
	if len(a) == 0 || len(b) == 0 || a[0] != b[0] || a[0]&3 != 0 || len(a)+len(b)+1 > maxPairBytes {
		return buffer, false
	}
	kind, a, b := a[0], a[1:], b[1:]
	if len(a) == len(b) {
		buffer = append(buffer, kind|1)
	} else {
		buffer = appendLength(append(buffer, kind|2), len(a))
	}
	return append(append(buffer, a...), b...), true
}

// appendLength writes the length of a frame (RFC 6716, 3.2.1).
func appendLength(buffer []byte, length int) []byte {
	if length < 252 {
		return append(buffer, byte(length))
	}
	first := 252 + length&3
	return append(buffer, byte(first), byte((length-first)>>2))
}
