package record

import (
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/place"
)

// system is the part of the machine that tests replace.
type system struct {
	now          func() (wall time.Time, monotonicNS uint64) // wall in the zone of the names
	synchronised func() bool                                 // whether a time server has set the wall clock
	openDisk     func(path string) (fileSystem, error)       // the recordings directory
	syncEvery    time.Duration                               // how often a growing file is made durable
	idleLimit    time.Duration                               // how long a file stays open without a frame
	startTimeout time.Duration                               // how long Start waits for the camera
	diskTimeout  time.Duration                               // and for the disk
	pastTimeout  time.Duration                               // how long one looks for a picture that is said to be in the ring
	retryFirst   time.Duration                               // after a failure, until what is recorded by itself is tried again
	retryMost    time.Duration                               // the same, after one failure upon another
	stopTimeout  time.Duration                               // how long Stop waits for the first frame that no longer belongs to the recording
	soundTimeout time.Duration                               // how long a file that ends waits for sound that is on its way
}

func realSystem(where *place.Place) system {
	return system{
		now:          bothClocks,
		synchronised: clockSynchronised,
		openDisk:     func(path string) (fileSystem, error) { return openDisk(path, where) },
		syncEvery:    750 * time.Millisecond,    // and what it takes: nothing is older than a second
		idleLimit:    maxFrameGap + time.Second, // the longest gap within a file, and some delay of delivery
		startTimeout: startTimeout,
		diskTimeout:  diskTimeout,
		pastTimeout:  time.Second / 2,
		retryFirst:   2 * time.Second,
		retryMost:    time.Minute,
		stopTimeout:  time.Second / 2,
		soundTimeout: time.Second / 4,
	}
}

// openDirectory opens the recordings directory. Its error is an openError.
func (s *system) openDirectory(path string) (*directory, error) {
	files, err := s.openDisk(path)
	if err != nil {
		return nil, err
	}
	return &directory{files}, nil
}

// bothClocks reads the wall clock and CLOCK_MONOTONIC, which captures are stamped with.
func bothClocks() (time.Time, uint64) {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail on Linux
	return time.Now(), uint64(t.Nano())
}
