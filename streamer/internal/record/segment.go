package record

import (
	"errors"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
)

// maxFrameGap is the longest time between two frames of one file, as long as a still picture is taken for a picture: a
// camera that was away for longer has gone, and its file is finished so that it is complete whatever happens next. A slow
// camera's frames are seconds apart.
const maxFrameGap = 10 * time.Second

// segment is one file of a recording while it grows. It belongs to the session's goroutine.
type segment struct {
	name    string // the finished file's
	file    file
	mp4     *mp4.Writer
	sets    trackSets
	maxSize int64     // bytes up to which it may grow; the table of its samples comes behind them
	start   time.Time // wall clock at the first frame's capture
	first   h264.AccessUnit
	last    h264.AccessUnit // both without data
	boxes   boxTrack
	size    int64 // bytes, once finished
}

// createSegment begins a file with au, a keyframe with these parameter sets, captured at start; its sound comes from there.
func createSegment(
	dir *directory, label string, start time.Time, sets trackSets, au h264.AccessUnit, maxFile int64, sound *soundFeed,
) (*segment, error) {
	name, file, err := dir.create(start, label)
	if err != nil {
		return nil, err
	}
	writer, err := mp4.Create(file, mp4.Track{
		Width: sets.first.Width, Height: sets.first.Height, SPS: sets.sps, PPS: sets.pps, Start: start,
		Sound: sound.begin(),
	})
	if err != nil {
		return nil, errors.Join(err, file.Close(), dir.Remove(name+partSuffix))
	}
	au.Data = nil
	return &segment{
		name: name, file: file, mp4: writer, sets: sets, maxSize: maxFile - maxFile/32, start: start, first: au,
	}, nil
}

// endsBefore says whether au must not go into this file: docs/recordings.md, "When a file ends and the next begins".
func (s *segment) endsBefore(known *h264.ParameterSets, au h264.AccessUnit, limit time.Duration) bool {
	switch gap := int64(au.CaptureNS - s.last.CaptureNS); {
	case s.mp4.Samples() == 0:
		return false
	case gap <= 0:
		return true
	case !au.Keyframe: // what follows it needs what is in this file
		return false
	default:
		return gap > int64(maxFrameGap) || s.elapsed(au) >= limit || s.mp4.Size() >= s.maxSize ||
			!s.sets.hold(known, au.Data)
	}
}

// elapsed is the time from the first frame's capture to au's.
func (s *segment) elapsed(au h264.AccessUnit) time.Duration {
	return time.Duration(au.CaptureNS - s.first.CaptureNS)
}

// write appends au. When it fails, the file is as before.
func (s *segment) write(known *h264.ParameterSets, au h264.AccessUnit) error {
	s.sets.begin(known, au)
	s.mp4.Begin()
	for nal := range h264.NALs(au.Data) {
		if !s.sets.leavesOut(nal, au.Keyframe) {
			s.mp4.Add(nal)
		}
	}
	if err := s.mp4.End(s.elapsed(au), au.Keyframe); err != nil {
		return err
	}
	au.Data = nil
	s.last = au
	return nil
}

// writeMakingRoom appends au; where the disk is full, old recordings make room first.
func (s *segment) writeMakingRoom(space *space, dir *directory, known *h264.ParameterSets, au h264.AccessUnit) error {
	err := s.write(known, au)
	if isFull(err) {
		if err := space.makeRoom(dir, s.name, s.mp4.Size(), false); err != nil {
			return err
		}
		err = s.write(known, au)
	}
	return err
}

// finish makes an ordinary MP4 of the file and gives it its name.
func (s *segment) finish(dir *directory) error {
	defer s.file.Close() // everything has been synced, or has failed already
	size, err := s.mp4.Finish()
	if err != nil {
		return err
	}
	s.size = size
	s.name, err = publish(dir, s.name, s.start.Add(s.mp4.Duration()))
	return err
}

// publish gives a finished file its time and its name (F6), and returns the name.
func publish(dir *directory, name string, end time.Time) (string, error) {
	if err := dir.SetTime(name+partSuffix, end); err != nil {
		return name, err
	}
	return dir.publish(name)
}

// discard deletes the file.
func (s *segment) discard(dir *directory) error {
	return errors.Join(s.file.Close(), dir.Remove(s.name+partSuffix))
}

func (s *segment) status() Status {
	return Status{
		Recording:    true,
		Filename:     s.name,
		FrameCount:   s.mp4.Samples(),
		BytesWritten: max(s.size, s.mp4.Size()),
		Duration:     s.mp4.Duration().Seconds(),
	}
}
