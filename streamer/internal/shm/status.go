package shm

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"petcam/streamer/internal/h264"
)

// The states of docs/http-api.md.
const (
	Waiting = "waiting" // no segment yet
	Live    = "live"    // records come
	Silent  = "silent"  // the segment is there, but nothing new comes
	Refused = "error"   // the segment cannot be read, or none of its records

	Off = "off" // the owner has turned the camera off: nothing is read

	NoKeyframe = "no keyframe" // records come, but none at which decoding could begin
)

// patienceNS is how long pictures may come before their first keyframe, in ns, until that is a state of its own.
const patienceNS = 2_000_000_000

// mistakeLogInterval bounds how often a writer's mistakes are logged, in ns: it may make one with each frame.
const mistakeLogInterval = 60_000_000_000

// status is what State reports; Next keeps it up to date.
type status struct {
	noHeartbeat bool // the layout has no heartbeat; never changes

	mutex      sync.Mutex // guards all below
	present    bool       // there is a segment
	shut       bool       // it may not be read
	refusal    string     // why it cannot be read, if so
	newest     uint64     // publish_ns of the newest access unit handed out or passed over
	pace       pace       // of those
	keyframe   keyframe   // the newest from which on all pictures have come
	begun      uint64     // capture_ns of the first picture without such a keyframe; 0: there is none
	mistake    string     // why the newest record was refused, if it was
	lastLogged uint64     // when a mistake was last logged; 0: never
	heartbeat  uint64     // heartbeat_ns when last looked at; 0: not yet
}

// keyframe is what is remembered of one.
type keyframe struct {
	captureNS uint64 // 0: there is none
	record    uint64
	gone      bool // from the segment
}

func (s *status) attached() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.shut = false
	s.present, s.refusal, s.newest, s.mistake, s.heartbeat = true, "", 0, "", 0
	s.keyframe, s.begun, s.pace = keyframe{}, 0, pace{}
}

// detached notes that there is no segment or that it is refused, and says whether that Refusal is a new one.
func (s *status) detached(reason error) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before := s.refusal
	s.present, s.refusal, s.shut = false, "", errors.Is(reason, errShut)
	if s.shut {
		s.keyframe, s.begun = keyframe{}, 0
	}
	if why := Refusal(""); errors.As(reason, &why) {
		s.refusal = string(why)
	}
	return s.refusal != "" && s.refusal != before
}

// came notes a picture, also one that is only passed over. Of the records, those before oldest are gone.
func (s *status) came(unit h264.AccessUnit, oldest uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.newest, s.mistake = unit.PublishNS, ""
	s.pace.came(unit.PublishNS)
	switch {
	case unit.Keyframe:
		s.keyframe, s.begun = keyframe{captureNS: unit.CaptureNS, record: unit.Record}, 0
	case unit.Discontinuity || s.keyframe.captureNS == 0:
		s.keyframe = keyframe{}
		if s.begun == 0 {
			s.begun = unit.CaptureNS
		}
	}
	s.keyframe.gone = s.keyframe.record < oldest
}

// silentAfterNS is after how long without a picture the stream is silent, in ns.
func (s *status) silentAfterNS() uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.pace.silentAfterNS()
}

// cameBefore notes when a picture was published that was there before the reader.
func (s *status) cameBefore(publishNS uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.pace.came(publishNS)
}

// keyframeNS is the capture_ns of the newest keyframe that can be read; 0: there is none.
func (s *status) keyframeNS() uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.keyframe.gone {
		return 0
	}
	return s.keyframe.captureNS
}

// withoutKeyframe is for how many ns pictures have come without one; 0 while that is not too long. mutex must be held.
func (s *status) withoutKeyframe(now uint64) uint64 {
	since, patience := s.keyframe.captureNS, uint64(h264.MaxKeyframeAge)
	if since == 0 {
		since, patience = s.begun, patienceNS
	}
	if since == 0 || now < since+patience {
		return 0
	}
	return now - since
}

// refuse notes that a record was refused, where that is its writer's mistake, and logs it now and then.
func (s *status) refuse(log *slog.Logger, name string, reason error) {
	why := Refusal("")
	if errors.As(reason, &why) && s.noteMistake(why, Now()) {
		log.Warn("a record is refused", "segment", name, "reason", reason)
	}
}

// noteMistake keeps a mistake, and says whether it is to be logged.
func (s *status) noteMistake(reason Refusal, now uint64) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.mistake = string(reason)
	if s.lastLogged != 0 && now < s.lastLogged+mistakeLogInterval {
		return false
	}
	s.lastLogged = now
	return true
}

func (s *status) noteHeartbeat(ns uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.heartbeat = ns
}

func (s *status) state(name string, now uint64) (state, message string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch {
	case s.shut:
		return Off, errShut.Error()
	case s.refusal != "":
		return Refused, name + ": " + s.refusal
	case !s.present:
		return Waiting, fmt.Sprintf("%s: no daemon writes video yet", name)
	case now < s.newest+s.pace.silentAfterNS():
		if long := s.withoutKeyframe(now); long > 0 {
			return NoKeyframe, fmt.Sprintf("no keyframe for %d s: lower the camera's keyframe interval", long/1e9)
		}
		return Live, ""
	case s.mistake != "":
		return Refused, name + ": " + s.mistake
	case s.noHeartbeat:
		return Silent, fmt.Sprintf("%s: nothing is written into it: restart its daemon, and look at the camera", name)
	case s.heartbeat != 0 && now > s.heartbeat+StaleNS:
		return Silent, fmt.Sprintf("%s: the daemon that writes it has stopped: restart it", name)
	default:
		return Silent, fmt.Sprintf("%s: its daemon runs but sends no pictures: look at the camera", name)
	}
}
