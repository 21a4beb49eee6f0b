package rtc

import (
	"time"

	"github.com/pion/rtcp"
)

// repairsPerSecond bounds what a viewer may ask for, some 5 Mb/s, so that NACKs cannot make us flood anybody.
const repairsPerSecond = 500

// repair sends packets again; it returns how many.
func (s *stream) repair(nack *rtcp.TransportLayerNack) (sent int) {
	if now := time.Now(); now.Sub(s.repairWindow) > time.Second {
		s.repairWindow, s.repairs = now, 0
	}
	for _, pair := range nack.Nacks {
		pair.Range(func(sequence uint16) bool {
			if s.repairs >= repairsPerSecond {
				return false
			}
			if s.resend(sequence) {
				s.repairs++
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
	f := s.find(number)
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

// numberOf finds the packet that was last sent with a sequence number. What was sent before a jump is of no use to
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
