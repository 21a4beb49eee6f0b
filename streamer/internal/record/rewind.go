package record

import (
	"context"
	"fmt"
	"io"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
)

const (
	// maxRewinds: each holds two access units, and a reader.
	maxRewinds = 8
	// maxRewindIdle: without a picture for so long the end is reached, unless the camera sends that few.
	maxRewindIdle = 3 * time.Second
)

// Rewind is the video of the shared memory from a moment of the past on, as an MP4 that is sent while it comes. It follows
// the camera, later by as much as it began ago. Close it. It is for one goroutine.
type Rewind struct {
	Type     string        // MIME type, with its codec
	FirstNS  uint64        // CLOCK_MONOTONIC of the first picture's capture
	FirstRTP uint32        // the same, as RTP timestamps have it
	Age      time.Duration // of the first picture, when it was looked for
	Held     time.Duration // how old the oldest picture is that there is to go back to

	recorder *Recorder
	source   Source
	first    h264.AccessUnit
	sets     h264.ParameterSets
	track    trackSets
	unbroken continuity
	stream   *mp4.Stream
	head     []byte
}

// Rewind goes back to the newest keyframe that is at least so old, or the oldest there is. Errors wrap a *apierror.Error:
// NoVideo, TooManyViewers.
func (r *Recorder) Rewind(back time.Duration) (*Rewind, error) {
	if r.isOff() {
		return nil, ErrOff
	}
	if r.rewinds.Add(1) > maxRewinds {
		r.rewinds.Add(-1)
		return nil, apierror.New(apierror.TooManyViewers, "%d people look back already, which is the most", maxRewinds)
	}
	w := &Rewind{recorder: r, source: r.openBeside()}
	if err := w.begin(back); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Close ends it.
func (w *Rewind) Close() {
	_ = w.source.Close() // it was only read from
	w.recorder.rewinds.Add(-1)
}

func (w *Rewind) begin(back time.Duration) error {
	_, now := w.recorder.system.now()
	oldest, err := w.at(noLimit)
	if err != nil {
		return err
	}
	if w.first, err = w.at(back); err != nil {
		return err
	}
	w.FirstRTP = h264.RTPTimestamp(w.first.CaptureNS)
	w.FirstNS, w.Age, w.Held = w.first.CaptureNS, since(w.first, now), since(oldest, now)
	if w.Age > back+2*h264.MaxKeyframeAge {
		return apierror.New(apierror.NoVideo, "The camera has sent nothing for %.0f s", w.Age.Seconds())
	}
	w.sets = w.recorder.knownSets()
	w.first.Data = completed(&w.sets, w.first.Data)
	var ok bool
	if w.track, ok = trackSetsOf(&w.sets, w.first.Data); !ok {
		return errNoVideo
	}
	return w.beginStream()
}

// at gives the access unit to which so much time leads back.
func (w *Rewind) at(back time.Duration) (h264.AccessUnit, error) {
	ctx, cancel := context.WithTimeout(w.recorder.ctx, w.recorder.system.pastTimeout)
	defer cancel()
	if w.source.Rewind(back) != nil {
		return h264.AccessUnit{}, errNoVideo
	}
	au, err := w.source.Next(ctx)
	sets := w.recorder.knownSets()
	if err != nil || !h264.IsKeyframe(completed(&sets, au.Data)) {
		return h264.AccessUnit{}, errNoVideo
	}
	return au, nil
}

func (w *Rewind) beginStream() (err error) {
	first, sps := w.track.first, w.track.sps[0]
	clock := wallClock{now: w.recorder.system.now}
	w.stream, w.head, err = mp4.NewStream(mp4.Track{
		Width: first.Width, Height: first.Height, SPS: w.track.sps, PPS: w.track.pps, Start: clock.at(w.FirstNS),
	})
	if err != nil {
		return apierror.New(apierror.NoVideo, "The camera's video has no parameter sets").WithCause(err)
	}
	w.Type = fmt.Sprintf(`video/mp4; codecs="avc1.%02x%02x%02x"`, sps[1], sps[2], sps[3])
	return nil
}

// since is how long before now an access unit was captured.
func since(au h264.AccessUnit, now uint64) time.Duration {
	return max(0, time.Duration(now-au.CaptureNS))
}

// Send writes the MP4, one write for each picture, until ctx ends, to fails, it is as long as limit, no more pictures come,
// or one comes that does not belong into the same track.
func (w *Rewind) Send(ctx context.Context, to io.Writer, limit time.Duration) error {
	if _, err := to.Write(w.head); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.recorder.seeing(), cancel)()
	idle := newIdleContext(ctx, max(maxRewindIdle, w.silentAfter()))
	defer idle.stop()
	last := w.first
	for au := w.first; w.goesOn(last, au); {
		if err := w.send(to, au); err != nil {
			return err
		}
		last, last.Data = au, nil
		next, err := w.source.Next(idle.ctx)
		if err != nil || next.CaptureNS-w.FirstNS > uint64(limit) {
			break
		}
		idle.reset()
		au = withSets(&w.sets, next)
	}
	if w.recorder.isOff() {
		return nil
	}
	_, err := to.Write(w.stream.Last())
	return err
}

func (w *Rewind) silentAfter() time.Duration {
	if silentAfter := w.recorder.options.SilentAfter; silentAfter != nil {
		return silentAfter()
	}
	return 0
}

// goesOn says whether au belongs into the same track as the last one, behind no gap.
func (w *Rewind) goesOn(last, au h264.AccessUnit) bool {
	gap := int64(au.CaptureNS - last.CaptureNS)
	return gap >= 0 && gap <= int64(maxFrameGap) && (!au.Keyframe || w.track.hold(&w.sets, au.Data))
}

// send writes the picture before au, whose duration is known now. What cannot be decoded is left out.
func (w *Rewind) send(to io.Writer, au h264.AccessUnit) error {
	if w.unbroken.isLost(au, true) {
		return nil
	}
	w.track.begin(&w.sets, au)
	w.stream.Begin()
	for nal := range h264.NALs(au.Data) {
		if !w.track.leavesOut(nal, au.Keyframe) {
			w.stream.Add(nal)
		}
	}
	before := w.stream.End(ticksOf(au.CaptureNS)-ticksOf(w.FirstNS), au.Keyframe)
	if len(before) == 0 {
		return nil
	}
	_, err := to.Write(before)
	return err
}

// ticksOf is a capture time as RTP timestamps have it, before they wrap around: boxes are found by them.
func ticksOf(captureNS uint64) uint64 { return captureNS * 9 / 100_000 }
