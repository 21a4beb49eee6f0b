package rtc

import (
	"time"

	"github.com/pion/rtcp"
)

// maxRetransmitsPerSecond bounds the packets that are sent again to one viewer, to some 5 Mb/s, so that forged NACKs
// cannot make us flood anybody.
const maxRetransmitsPerSecond = 500

// retransmit sends the packets of a NACK again; it returns how many.
func (s *stream) retransmit(nack *rtcp.TransportLayerNack) (sent int) {
	if now := time.Now(); now.Sub(s.retransmitWindow) > time.Second {
		s.retransmitWindow, s.retransmitted = now, 0
	}
	for _, pair := range nack.Nacks {
		pair.Range(func(sequence uint16) bool {
			if s.retransmitted >= maxRetransmitsPerSecond {
				return false
			}
			if s.resend(sequence) {
				s.retransmitted++
				sent++
			}
			return true
		})
	}
	s.flush()
	return sent
}

func (s *stream) resend(sequence uint16) bool {
	number, ok := s.numberOf(sequence)
	if !ok {
		return false
	}
	f := s.findFrame(number)
	if f == nil {
		return false
	}
	i := int(number - f.number)
	header := s.header(f, f.keyframe, false)
	header.SequenceNumber = sequence
	header.Marker = i == len(f.payloads)-1
	_, err := s.writer.WriteRTP(&header, f.payloads[i])
	return err == nil
}

// numberOf finds the packet that was last sent with a sequence number. Packets from before a jump are of no use to
// the viewer any more.
func (s *stream) numberOf(sequence uint16) (number uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back := uint64(uint16(s.next) + s.shift - sequence)
	if back == 0 || back > s.next-s.since {
		return 0, false
	}
	return s.next - back, true
}
