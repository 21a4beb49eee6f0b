package httpapi

import (
	"net/http"

	"petcam/streamer/internal/record"
)

func (a *api) start(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	var fields struct {
		Filename string `json:"filename"` // a label for the name that the recorder chooses; empty: none
	}
	if len(body) > 0 {
		if err := decode(r, body, &fields); err != nil {
			return err
		}
	}
	filename, err := a.startRecording(fields.Filename)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "recording", "filename": filename})
	return nil
}

func (a *api) stop(w http.ResponseWriter, r *http.Request) error {
	if _, err := readBody(w, r, maxBody); err != nil { // it says nothing, but is bounded too
		return err
	}
	last, err := a.Recorder.Stop()
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"status":        "stopped",
		"filename":      last.Filename,
		"frame_count":   last.FrameCount,
		"bytes_written": last.BytesWritten,
		"duration":      last.Duration,
	})
	return nil
}

// status is that of the recording by hand, and beside it that of what is recorded by itself.
func (a *api) status(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, struct {
		record.Status
		Mode     record.Mode      `json:"recording_mode"`
		ByItself *record.ByItself `json:"by_itself"`
	}{a.Recorder.Status(), a.Keeper.Mode(), a.Keeper.ByItself()})
	return nil
}
