package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
)

func TestMetricsAreForTheAllowedAddressesToo(t *testing.T) {
	for address, status := range map[string]int{
		"192.168.7.20:9": 200, "[::ffff:192.168.7.20]:9": 200, "192.168.8.20:9": 403, "[2001:db8::1]:9": 403, "@": 403,
	} {
		if w := ask(t, &fake{}, "GET", "/metrics", "", from(address)); w.Code != status {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	w := ask(t, &fake{}, "GET", "/metrics", "", func(r *http.Request) {
		from("192.168.7.20:9")(r)
		r.Header.Set("X-Forwarded-For", "192.168.7.20")
	})
	expectError(t, w, 403, apierror.Forbidden)
	expectError(t, ask(t, &fake{}, "GET", "/status", "", from("192.168.7.20:9")), 403, apierror.Forbidden)
}

func TestMetricsAreWrittenAsPrometheusReadsThem(t *testing.T) {
	w := ask(t, &fake{}, "GET", "/metrics", "", nil)
	text := w.Body.String()
	for _, want := range []string{
		"# HELP petcam_viewers Viewers that are watching.\n# TYPE petcam_viewers gauge\npetcam_viewers 3\n",
		"# TYPE petcam_frames_total counter\npetcam_frames_total 12\n",
		"petcam_build_info{version=\"1.0\\\"\"} 1\n",
		"petcam_camera_live 1\n", "petcam_camera_age_seconds 0.012\n", "petcam_camera_bit_rate 2e+06\n",
		"petcam_camera_keyframe_age_seconds 0.8\n",
		"petcam_listeners 2\n", "petcam_sound_packets_total 50\n", "petcam_skipped_frames_total 7\n", "petcam_recording 1\n", "petcam_recorded_frames_total 900\n",
		"petcam_recorded_bytes_total 70000\n", "petcam_recorded_seconds_total 30.5\n", "petcam_recording_dropped_frames_total 4\n",
		"petcam_recording_syncs_total 6\n", "petcam_recording_sync_seconds_total 0.09\n", "petcam_recording_free_bytes 1.048576e+06\n",
		"petcam_recording_trouble 0\n", "petcam_recording_by_itself 1\n", "petcam_recording_by_itself_trouble 0\n", "process_cpu_seconds_total ", "go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if fields := strings.Fields(line); !strings.HasPrefix(line, "#") && len(fields) != 2 {
			t.Errorf("line %q", line)
		}
	}
	if strings.Contains(text, "process_resident_memory_bytes 0\n") || strings.Contains(text, "process_open_fds 0\n") {
		t.Error(text)
	}
}
