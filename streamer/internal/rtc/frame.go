package rtc

import (
	"slices"

	"petcam/streamer/internal/h264"
)

// maxPayload bounds an RTP payload so that an IPv6 packet with every header and SRTP's tag stays under 1280 bytes,
// which passes each link and VPN without being cut.
const maxPayload = 1188

// FU-A (RFC 6184, 5.8): one NAL unit over several packets, each with a two-byte header.
const (
	fuHeader   = 2
	fuType     = 28
	fuStart    = 0x80
	fuEnd      = 0x40
	nalRefMask = 0xe0 // forbidden bit and nal_ref_idc, which a fragment takes over
	nalType    = 0x1f
)

// frame is one access unit as RTP payloads (RFC 6184, packetization-mode 1), made once for all viewers and then
// read-only.
type frame struct {
	number    uint64 // of its first packet, counting the packets of all frames
	timestamp uint32 // RTP
	keyframe  bool
	payloads  [][]byte // one a packet; the last packet carries the marker
}

// end is the number of the packet after the frame's last.
func (f *frame) end() uint64 { return f.number + uint64(len(f.payloads)) }

// packetize makes the frame of an access unit; nil if there is nothing to send in it. NAL units that fit into a packet
// are not copied; the fragments of larger ones share one new buffer.
func packetize(au h264.AccessUnit, number uint64) *frame {
	f := &frame{number: number, timestamp: h264.RTPTimestamp(au.CaptureNS), keyframe: au.Keyframe}
	f.payloads = make([][]byte, 0, 2+len(au.Data)/(maxPayload-fuHeader)+1)
	var buffer []byte
	for nal := range h264.NALs(au.Data) {
		switch kind := h264.TypeOf(nal); {
		case kind == h264.NALDelimiter: // the marker bit says the same
		case !kind.IsCarried():
		case len(nal) <= maxPayload:
			f.payloads = append(f.payloads, slices.Clip(nal))
		default:
			if buffer == nil {
				buffer = make([]byte, 0, len(au.Data)+len(au.Data)/256) // the headers add less than that
			}
			buffer = f.fragment(nal, buffer)
		}
	}
	if len(f.payloads) == 0 {
		return nil
	}
	return f
}

// fragment appends the FU-A packets of nal to f, in memory appended to buffer, which it returns.
func (f *frame) fragment(nal, buffer []byte) []byte {
	indicator, kind := nal[0]&nalRefMask|fuType, nal[0]&nalType
	flag := byte(fuStart)
	for rest := nal[1:]; len(rest) > 0; flag = 0 {
		n := min(len(rest), maxPayload-fuHeader)
		if n == len(rest) {
			flag |= fuEnd
		}
		start := len(buffer)
		buffer = append(append(buffer, indicator, flag|kind), rest[:n]...)
		f.payloads = append(f.payloads, buffer[start:len(buffer):len(buffer)])
		rest = rest[n:]
	}
	return buffer
}
