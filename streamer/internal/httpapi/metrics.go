package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"petcam/streamer/internal/record"
)

// metrics answers in Prometheus' text format (version 0.0.4), which is simple enough to write by hand: the client
// library would cost ten megabytes of memory and half as many of the package.
func (a *api) metrics(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	e := exposition{w}
	e.writePetcam(a)
	e.writeProcess(a.began)
	return nil
}

// exposition writes metrics; that the client has gone is no error of ours.
type exposition struct{ w io.Writer }

func (e exposition) gauge(name, help string, value float64) { e.metric(name, "gauge", help, "", value) }
func (e exposition) counter(name, help string, value float64) {
	e.metric(name, "counter", help, "", value)
}

// metric writes one metric with at most one label (`key="value"`, to be quoted by strconv.Quote).
func (e exposition) metric(name, kind, help, label string, value float64) {
	if label != "" {
		label = "{" + label + "}"
	}
	fmt.Fprintf(e.w, "# HELP %s %s\n# TYPE %s %s\n%s%s %s\n", name, help, name, kind, name, label,
		strconv.FormatFloat(value, 'g', -1, 64))
}

func (e exposition) writePetcam(a *api) {
	viewers, camera, recording := a.Viewers.Stats(), a.Camera.Health(), a.Recorder.Status()
	e.metric("petcam_build_info", "gauge", "Version of petcam-streamer.", "version="+strconv.Quote(a.Version), 1)
	e.gauge("petcam_uptime_seconds", "Time since the start.", time.Since(a.began).Seconds())

	e.gauge("petcam_viewers", "Viewers that are watching.", float64(a.Viewers.Viewers()))
	e.counter("petcam_frames_total", "Access units that came from the camera.", float64(viewers.Frames))
	e.counter("petcam_sent_bytes_total", "Bytes of media sent to all viewers.", float64(viewers.Bytes))
	e.counter("petcam_skipped_frames_total", "Access units that viewers missed because they fell behind.", float64(viewers.Skipped))
	e.counter("petcam_repaired_packets_total", "Packets that were sent again.", float64(viewers.Retransmitted))
	e.gauge("petcam_listeners", "Viewers that are sent the sound, while there is any.", float64(a.Viewers.Listeners()))
	e.counter("petcam_sound_packets_total", "Packets of sound sent to all viewers.", float64(viewers.SoundPackets))

	e.gauge("petcam_camera_live", "1 while the camera sends what viewers can join.", number(camera.State == "live"))
	if camera.AgeMS >= 0 {
		e.gauge("petcam_camera_age_seconds", "Age of the newest picture.", float64(camera.AgeMS)/1000)
	}
	if camera.KeyframeAgeMS >= 0 {
		e.gauge("petcam_camera_keyframe_age_seconds", "Age of the newest keyframe.", float64(camera.KeyframeAgeMS)/1000)
	}
	e.gauge("petcam_camera_frame_rate", "Pictures a second.", camera.FPS)
	e.gauge("petcam_camera_bit_rate", "Bits a second.", float64(camera.Bitrate))
	e.counter("petcam_camera_skipped_frames_total", "Access units that were lost or refused.", float64(camera.Skipped))

	e.gauge("petcam_recording", "1 while something is recorded.", number(recording.Recording))
	e.gauge("petcam_recording_frames", "Access units in the current or last recording.", float64(recording.FrameCount))
	e.gauge("petcam_recording_bytes", "Bytes of the current or last recording.", float64(recording.BytesWritten))
	e.gauge("petcam_recording_seconds", "Length of the current or last recording.", recording.Duration)
	e.gauge("petcam_recording_trouble", "1 after a recording that ended by itself, until the next begins, and while the disk is missing.", number(recording.Error != ""))
	itself := a.Keeper.ByItself()
	e.gauge("petcam_recording_by_itself", "1 while something is recorded by itself.", number(itself != nil && itself.Recording))
	e.gauge("petcam_recording_by_itself_trouble", "1 where nothing can be recorded by itself, although it is wanted.", number(itself != nil && itself.Error != ""))
	e.writeRecorded(a.Recorder.Totals())
}

func (e exposition) writeRecorded(t record.Totals) {
	e.counter("petcam_recorded_frames_total", "Access units in all recordings since the start.", float64(t.Frames))
	e.counter("petcam_recorded_bytes_total", "Bytes of all recordings since the start.", float64(t.Bytes))
	e.counter("petcam_recorded_seconds_total", "Length of all recordings since the start.", t.Seconds)
	e.counter("petcam_recording_dropped_frames_total", "Access units that the camera delivered and no file has.", float64(t.Dropped))
	e.counter("petcam_recording_syncs_total", "How often growing files were made durable.", float64(t.Syncs))
	e.counter("petcam_recording_sync_seconds_total", "Time that this took.", t.SyncTime.Seconds())
	if t.Free >= 0 {
		e.gauge("petcam_recording_free_bytes", "Bytes of the recordings' disk that are free.", float64(t.Free))
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
