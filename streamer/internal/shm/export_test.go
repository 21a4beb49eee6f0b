package shm

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
)

// What the tests see of the inside, so that they can use shmtest, which imports this package.

type (
	FixedHeader = fixedHeader
	RawSlot     = rawSlot
	RawRDKFrame = rawRDKFrame
)

var ErrNoData = errNoData

func ParseHeader(raw *FixedHeader, fileSize int64) (epoch uint64, err error) {
	found, err := parseHeader(raw, fileSize)
	return found.epoch, err
}

func IsRefusal(err error) bool {
	_, ok := err.(refusal)
	return ok
}

// ParseSlot gives where the data of an accepted slot is.
func ParseSlot(raw *RawSlot, n uint64) (offset, size int, ok bool) {
	found, err := parseSlot(raw, n)
	return found.offset, found.size, err == nil
}

func CheckOwner(stat *unix.Stat_t, petcamUser, petcamGroup int64) error {
	return checkOwner(stat, ids{self: int64(os.Geteuid()), petcamUser: petcamUser, petcamGroup: petcamGroup}, "/name")
}

// StateAt is State at another time than now.
func (r *Reader) StateAt(now uint64) (state, message string) { return r.status.state(r.name, now) }

// Memory is the mapping of a Reader that has read something.
func (r *Reader) Memory() []byte { return r.segment.memory }

// Take is Next without waiting: what some steps give.
func (r *Reader) Take(steps int) (units []h264.AccessUnit) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for range steps {
		if r.attach() != nil {
			break
		}
		if unit, ok := r.step(); ok {
			units = append(units, unit)
		}
	}
	return units
}

// ParseRDKFrame gives the size of the data of an accepted frame.
func ParseRDKFrame(raw *RawRDKFrame) (size int, err error) {
	found, err := parseRDKFrame(raw)
	return found.size, err
}

// StateAt is State at another time than now.
func (r *RDKReader) StateAt(now uint64) (state, message string) { return r.status.state(r.name, now) }

// BetweenLooks has something done between the two looks at the newest record.
func (r *RDKReader) BetweenLooks(do func()) {
	r.settle = waitToSettle
	if do != nil {
		r.settle = do
	}
}

// Take is Next without waiting: what some looks give.
func (r *RDKReader) Take(looks int) (units []h264.AccessUnit) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for range looks {
		if unit, ok := r.look(); ok {
			units = append(units, unit)
		}
	}
	return units
}

func (n News) Wait(timer *time.Timer, atMost time.Duration) { n.wait(timer, atMost) }
