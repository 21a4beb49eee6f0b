package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheOwnerKeepsAndDeletesRecordingsOnThePageOfTheStreamer(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	newest := func() map[string]any {
		t.Helper()
		rows := v.object("GET", "/api/recordings", "", 200)["recordings"].([]any)
		if len(rows) == 0 {
			return map[string]any{}
		}
		return rows[0].(map[string]any)
	}
	name := v.object("POST", "/api/recording/start", "{}", 200)["filename"].(string)
	address := "/api/recordings/" + name
	eventually(t, "it grows", func() bool { row := newest(); return row["state"] == "recording" && row["size"].(float64) > 5000 })
	if status, text := v.ask("GET", address, "", "Range", "bytes=4-7"); status != 206 || text != "ftyp" {
		t.Fatal(status, text)
	}
	v.object("DELETE", address, "", 409)
	v.object("POST", "/api/recording/stop", "{}", 200)
	if row := newest(); row["state"] != "complete" || row["name"] != name || row["frames"].(float64) < 1 {
		t.Fatal(row)
	}
	steps := []struct {
		method, path, body string
		status             int
	}{
		{"PUT", address + "/pin", "", 204}, {"DELETE", address, "", 409}, {"DELETE", address + "/pin", "", 204},
		{"GET", address + "/boxes", "", 200}, {"GET", address + "/thumbnail.jpg", "", 501}, {"GET", "/settings", "", 501},
		{"DELETE", address, "", 204}, {"GET", address, "", 404}, {"GET", "/recordings", "", 200},
	}
	for _, step := range steps {
		if status, text := v.ask(step.method, step.path, step.body); status != step.status {
			t.Errorf("%s %s: %d instead of %d: %s", step.method, step.path, status, step.status, text)
		}
	}
}

func TestAPlayerThatStopsReadingHoldsNothingThatOthersNeed(t *testing.T) {
	c, site := withWebsite(t)
	c.Auth.Mode = "none"
	name := "petcam_20260101-120000.mp4"
	long := filepath.Join(c.Recording.Directory, name)
	if err := os.WriteFile(long, make([]byte, 32<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	var paused []*http.Response
	for range 8 {
		answer, err := v.http.Get(site + "/api/recordings/" + name)
		if err != nil || answer.StatusCode != 200 {
			t.Fatal(answer, err)
		}
		paused = append(paused, answer)
	}
	if got := v.object("GET", "/api/recordings", "", 200); got["total"] != 1.0 {
		t.Error(got)
	}
	for _, each := range paused[1:] {
		_ = each.Body.Close()
	}
	if n, err := io.Copy(io.Discard, paused[0].Body); n != 32<<20 || err != nil {
		t.Error("who goes on has the rest: ", n, err)
	}
	_ = paused[0].Body.Close()
}

func TestOfAMissingDiskNothingIsListed(t *testing.T) {
	c, site := withWebsite(t)
	c.Auth.Mode, c.Recording.Directory = "none", "/mnt/a disk that nobody has/recordings"
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	eventually(t, "it is noticed", func() bool { status, _ := v.ask("GET", "/api/recordings", ""); return status == 503 })
	for _, path := range []string{"/api/recordings", "/api/recordings/days"} {
		if got := v.object("GET", path, "", 503); got["error"] != "Disk not mounted" || !strings.Contains(got["message"].(string), "disk") {
			t.Error(path, got)
		}
	}
	v.object("POST", "/api/recordings/delete", `{"names":["petcam_20260101-120000.mp4"]}`, 503)
}
