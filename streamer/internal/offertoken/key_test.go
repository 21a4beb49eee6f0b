package offertoken

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"petcam/streamer/internal/state/statetest"
)

func writeKey(t *testing.T, directory, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(directory, keyFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsReadFromCredentialsElseFromTheStateDirectory(t *testing.T) {
	credentials, state := t.TempDir(), t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	expectKey := func(want, complaint string) {
		t.Helper()
		k := NewKey(state, quiet())
		key, err := k.Secret()
		if string(key) != want || (err != nil) != (complaint != "") || !strings.Contains(k.Fault(), complaint) {
			t.Errorf("%q, %v", key, err)
		}
	}
	expectKey("", "is not there; start petcam-web once")
	long := strings.Repeat("s", 32)
	writeKey(t, state, long)
	expectKey(long, "")
	writeKey(t, credentials, strings.Repeat("c", 31))
	expectKey("", "has 31 bytes")
	writeKey(t, credentials, "the whole file counts, its end too\n")
	expectKey("the whole file counts, its end too\n", "")
}

func TestWithADamagedKeyNobodyIsLetInUntilItIsMended(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			path := filepath.Join(directory, keyFile)
			damage(t, path)
			var log strings.Builder
			k := NewKey(directory, slog.New(slog.NewTextHandler(&log, nil)))
			g := New(k)
			for range 3 {
				expectRefused(t, g, "", "v1.e30.e30")
			}
			if strings.Count(log.String(), "\n") != 1 || k.Fault() == "" || !strings.Contains(k.Fault(), "petcam-web") {
				t.Errorf("the log says %q, the fault is %q", &log, k.Fault())
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			writeKey(t, directory, strings.Repeat("k", 32))
			expectAccepted(t, g, g.offer("s", "n", nil))
			if k.Fault() != "" {
				t.Error(k.Fault())
			}
		})
	}
}
