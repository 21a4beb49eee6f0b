package watchdog_test

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"petcam/streamer/internal/watchdog"
)

const interval = 200 * time.Millisecond

func TestItNotifiesReadyThenWatchdogThenStopping(t *testing.T) {
	systemd := listen(t)
	dog := watchdog.New(slog.New(slog.DiscardHandler))
	dog.Start()
	systemd.want(t, "READY=1")
	for range 5 {
		systemd.want(t, "WATCHDOG=1")
	}
	dog.Stop()
	systemd.wantAmong(t, "STOPPING=1")
}

func TestItNotifiesTheStatus(t *testing.T) {
	systemd := listen(t)
	watchdog.New(slog.New(slog.DiscardHandler)).Status("3 viewers, recording")
	systemd.want(t, "STATUS=3 viewers, recording")
}

func TestItNotifiesOnlyWhileEveryCheckIsActive(t *testing.T) {
	systemd := listen(t)
	var hangs atomic.Bool
	logged, asked := make(chan slog.Record, 10), make(chan struct{}, 1)
	dog := watchdog.New(slog.New(handler{logged}),
		watchdog.Check{Name: "well", LastActive: time.Now},
		watchdog.Check{Name: "ill", LastActive: func() time.Time {
			if hangs.Load() {
				select {
				case asked <- struct{}{}:
				default:
				}
				return time.Now().Add(-2 * interval)
			}
			return time.Now()
		}})
	dog.Start()
	defer dog.Stop()
	systemd.want(t, "READY=1")
	systemd.want(t, "WATCHDOG=1")
	hangs.Store(true)
	(<-logged).Attrs(func(attr slog.Attr) bool {
		if attr.Key == "part" && attr.Value.String() != "ill" {
			t.Errorf("blames %s, want ill", attr.Value)
		}
		return true
	})
	systemd.drain(t)
	for range 4 { // turns of the watchdog
		<-asked
	}
	dog.Status("still hanging")
	systemd.want(t, "STATUS=still hanging")
	hangs.Store(false)
	systemd.want(t, "WATCHDOG=1")
}

func TestACheckMayTakeTheIntervalUntilItIsFirstActive(t *testing.T) {
	systemd := listen(t)
	logged := make(chan slog.Record, 10)
	dog := watchdog.New(slog.New(handler{logged}), watchdog.Check{Name: "never", LastActive: func() time.Time { return time.Time{} }})
	dog.Start()
	defer dog.Stop()
	systemd.want(t, "READY=1")
	systemd.want(t, "WATCHDOG=1")
	<-logged
}

func TestItDoesNothingOutsideSystemd(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	dog := watchdog.New(slog.New(failing{t}), watchdog.Check{Name: "never", LastActive: func() time.Time { return time.Time{} }})
	dog.Start()
	dog.Status("alone")
	dog.Stop()
}

func TestItSurvivesASystemdThatIsGone(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "absent"))
	t.Setenv("WATCHDOG_USEC", "nonsense")
	dog := watchdog.New(slog.New(slog.DiscardHandler))
	dog.Start()
	dog.Stop()
}

// listener is systemd's end of the notification socket.
type listener struct{ conn *net.UnixConn }

func listen(t *testing.T) listener {
	t.Helper()
	dir, err := os.MkdirTemp("", "petcam") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	address := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = os.RemoveAll(dir)
	})
	t.Setenv("NOTIFY_SOCKET", address)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt(interval.Microseconds(), 10))
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	return listener{conn}
}

func (l listener) read(t *testing.T) string {
	t.Helper()
	buffer := make([]byte, 1024)
	n, err := l.conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

func (l listener) want(t *testing.T, want string) {
	t.Helper()
	if got := l.read(t); got != want {
		t.Fatalf("systemd was told %q, want %q", got, want)
	}
}

// wantAmong passes over what was fed before.
func (l listener) wantAmong(t *testing.T, want string) {
	t.Helper()
	for {
		if got := l.read(t); got == want {
			return
		} else if got != "WATCHDOG=1" {
			t.Fatalf("systemd was told %q, want %q", got, want)
		}
	}
}

// drain takes what is in the socket already.
func (l listener) drain(t *testing.T) {
	t.Helper()
	buffer := make([]byte, 1024)
	for {
		_ = l.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := l.conn.Read(buffer); err != nil {
			break
		}
	}
	_ = l.conn.SetReadDeadline(time.Time{})
}
