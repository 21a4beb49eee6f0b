package shm

import (
	"errors"
	"fmt"
	"sync"
)

// The states of docs/http-api.md.
const (
	Waiting = "waiting" // no segment yet
	Live    = "live"    // a record came within the last second
	Silent  = "silent"  // the segment is there, but nothing new comes
	Refused = "error"   // the segment cannot be read
)

// status is what State tells; Next keeps it up to date.
type status struct {
	mutex     sync.Mutex // guards all below
	present   bool       // there is a segment
	refusal   string     // why it cannot be read, if so
	newest    uint64     // publish_ns of the newest access unit handed out
	heartbeat uint64     // heartbeat_ns when last looked at; 0: not yet
}

func (s *status) came() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.present, s.refusal, s.newest, s.heartbeat = true, "", 0, 0
}

// gone notes that there is no segment or that it is refused, and says whether that refusal is news.
func (s *status) gone(reason error) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before := s.refusal
	s.present, s.refusal = false, ""
	if why := refusal(""); errors.As(reason, &why) {
		s.refusal = string(why)
	}
	return s.refusal != "" && s.refusal != before
}

func (s *status) published(ns uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.newest = ns
}

func (s *status) beat(ns uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.heartbeat = ns
}

func (s *status) state(name string, now uint64) (state, message string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch {
	case s.refusal != "":
		return Refused, name + ": " + s.refusal
	case !s.present:
		return Waiting, fmt.Sprintf("%s: no daemon writes video yet", name)
	case now < s.newest+StaleNS:
		return Live, ""
	case s.heartbeat != 0 && now > s.heartbeat+StaleNS:
		return Silent, fmt.Sprintf("%s: the daemon that writes it has stopped: restart it", name)
	default:
		return Silent, fmt.Sprintf("%s: its daemon runs but sends no pictures: look at the camera", name)
	}
}
