package rtc

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/rtc/rtctest"
)

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSuffix(l.text.String(), "\n"), "\n")
}

func logTo(l *lines) func(*Options) {
	return func(o *Options) { o.Log = slog.New(slog.NewTextHandler(l, nil)) }
}

func TestAViewerIsOneLineOfTheLogAndItsLeavingNone(t *testing.T) {
	log := &lines{}
	s := start(t, logTo(log), defaultTimeouts())
	v := join(t, s)
	publish(s, 0, 0, 100)
	expectFrames(t, v, 0, 0, 100)
	v.Close()
	eventually(t, "the viewer that left is removed", func() bool { return s.count() == 0 })
	if all := log.all(); len(all) != 1 || !strings.Contains(all[0], `msg="viewer connected"`) {
		t.Errorf("the log is %q", all)
	}
}

func TestAViewerThatCannotConnectIsSaidWithWhatMayBeInTheWay(t *testing.T) {
	log := &lines{}
	limits := defaultTimeouts()
	limits.handshake = 50 * time.Millisecond
	s := start(t, logTo(log), limits)
	answer(t, s, rtctest.New(t).Offer())
	eventually(t, "the viewer is removed", func() bool { return s.count() == 0 })
	if all := log.all(); len(all) != 1 || !strings.Contains(all[0], "is UDP let through to webrtc.udp_port?") {
		t.Errorf("the log is %q", all)
	}
}
