package record

import (
	"errors"
	"os"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
)

// gapLimit is the longest time between two frames of one file.
const gapLimit = 2 * time.Second

// part is a file that grows. It belongs to the session's goroutine.
type part struct {
	name       string // the finished file's
	file       *os.File
	mp4        *mp4.Writer
	parameters parameters
	start      time.Time // wall clock at the first frame's capture
	first      h264.AccessUnit
	last       h264.AccessUnit // both without data
	size       int64           // bytes, once finished
}

// createPart begins a file with au, a keyframe with these parameters, captured at start.
func createPart(dir *directory, sys system, label string, start time.Time, params parameters, au h264.AccessUnit) (*part, error) {
	name, file, err := dir.create(start, label)
	if err != nil {
		return nil, err
	}
	width, height := params.pictureSize(au)
	writer, err := mp4.Create(sys.durable(file), mp4.Track{
		Width: width, Height: height, SPS: params.sps, PPS: params.pps, Start: start,
	})
	if err != nil {
		return nil, errors.Join(err, file.Close(), dir.root.Remove(name+partSuffix))
	}
	au.Data = nil
	return &part{name: name, file: file, mp4: writer, parameters: params, start: start, first: au}, nil
}

// endsBefore says whether au must not go into this file: docs/recordings.md, "When a file ends and the next begins".
func (p *part) endsBefore(au h264.AccessUnit, segment time.Duration) bool {
	if p.mp4.Samples() == 0 {
		return false
	}
	if gap := int64(au.CaptureNS - p.last.CaptureNS); gap <= 0 || gap > int64(gapLimit) {
		return true
	}
	if au.Width != p.last.Width || au.Height != p.last.Height {
		return true
	}
	if !au.Keyframe {
		return au.Epoch != p.last.Epoch // of another writer: it refers to pictures that are not here
	}
	return p.elapsed(au) >= segment || !p.parameters.cover(au)
}

// elapsed is the time from the first frame's capture to au's.
func (p *part) elapsed(au h264.AccessUnit) time.Duration {
	return time.Duration(au.CaptureNS - p.first.CaptureNS)
}

// write appends au. When it fails, the file is as before.
func (p *part) write(au h264.AccessUnit) error {
	p.mp4.Begin()
	for nal := range h264.NALs(au.Data) {
		if !p.parameters.redundant(nal) {
			p.mp4.Add(nal)
		}
	}
	if err := p.mp4.End(p.elapsed(au), au.Keyframe); err != nil {
		return err
	}
	au.Data = nil
	p.last = au
	return nil
}

// finish makes an ordinary MP4 of the file and gives it its name.
func (p *part) finish(dir *directory) error {
	defer p.file.Close() // everything has been synced, or has failed already
	size, err := p.mp4.Finish()
	if err != nil {
		return err
	}
	p.size = size
	p.name, err = publish(dir, p.name, p.start.Add(p.mp4.Duration()))
	return err
}

// publish gives a finished file its time and its name (F6), and returns the name.
func publish(dir *directory, name string, end time.Time) (string, error) {
	if err := dir.setTime(name+partSuffix, end); err != nil {
		return name, err
	}
	return dir.publish(name)
}

// discard deletes the file.
func (p *part) discard(dir *directory) error {
	return errors.Join(p.file.Close(), dir.root.Remove(p.name+partSuffix))
}

func (p *part) status() Status {
	return Status{
		Recording:    true,
		Filename:     p.name,
		FrameCount:   p.mp4.Samples(),
		BytesWritten: max(p.size, p.mp4.Size()),
		Duration:     p.mp4.Duration().Seconds(),
	}
}
