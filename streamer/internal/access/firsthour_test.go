package access

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
)

// hourBoard is a board with a state directory: its time and its boots.
type hourBoard struct {
	directory, boot string
	now             int64
}

func newHourBoard(t *testing.T) *hourBoard {
	return &hourBoard{filepath.Join(t.TempDir(), "state"), "boot-1", 50_000}
}

// start is the hour as a service has it that starts now.
func (b *hourBoard) start() *FirstHour {
	hour := NewFirstHour(b.directory, b.boot, quiet())
	hour.clock = func() int64 { return b.now }
	hour.Begin()
	return hour
}

// run lets the service run, which marks.
func (b *hourBoard) run(hour *FirstHour, seconds int) {
	for range seconds {
		b.now += 1000
		hour.Mark()
	}
}

func (b *hourBoard) reboot() { b.boot, b.now = b.boot+"x", 10_000 }

func TestRestartsDoNotBeginTheHourAnew(t *testing.T) {
	b := newHourBoard(t)
	var hour *FirstHour
	for range 4 {
		if hour = b.start(); !hour.IsOpen() {
			t.Error("it is over")
		}
		b.now += firstHourSeconds * 1000 / 4 // then it is killed
	}
	if hour.IsOpen() || b.start().IsOpen() {
		t.Error("it is open")
	}
}

func TestNeitherDoReboots(t *testing.T) {
	b := newHourBoard(t)
	b.run(b.start(), 40*60)
	b.reboot()
	hour := b.start()
	if !hour.IsOpen() {
		t.Error("it is over")
	}
	b.run(hour, 15*60+1)
	if hour.IsOpen() {
		t.Error("it is open")
	}
	b.reboot()
	if b.start().IsOpen() {
		t.Error("it is open again")
	}
}

func TestBootsThatAreTooShortToBeCountedAreCharged(t *testing.T) {
	b, boots := newHourBoard(t), 0
	for ; b.start().IsOpen() && boots < 100; boots++ {
		b.reboot()
	}
	if boots != firstHourSeconds/markIntervalSeconds {
		t.Error(boots)
	}
}

func TestTheHourIsWrittenDownEveryFiveMinutes(t *testing.T) {
	b := newHourBoard(t)
	hour, path := b.start(), filepath.Join(b.directory, "first_visit.json")
	first := get(t, path)
	b.run(hour, markIntervalSeconds-1)
	if get(t, path) != first {
		t.Error("it was written before")
	}
	b.run(hour, 1)
	if get(t, path) == first {
		t.Error("it was not written")
	}
}

func TestWhereTheHourCannotBeWrittenDownItIsOver(t *testing.T) {
	b := newHourBoard(t)
	hour := b.start()
	b.run(hour, markIntervalSeconds-1)
	hour.file.Disk.Rename = func(string, string) error { return unix.EROFS }
	b.run(hour, 1)
	trouble := hour.Trouble()
	if hour.IsOpen() || trouble == nil || trouble.Code != apierror.StateNotWritten || trouble.Key != "trouble.first_visit" ||
		trouble.Values["command"] != "sudo petcam password" || !strings.Contains(trouble.Message, "Read-only file system") {
		t.Error(trouble)
	}
	hour.Begin()
	if hour.IsOpen() {
		t.Error("it is open")
	}
}

func TestADamagedHourIsOver(t *testing.T) {
	b := newHourBoard(t)
	b.start()
	path := filepath.Join(b.directory, "first_visit.json")
	for _, text := range []string{"", "{}", `{"boot": "boot-1", "at_ms": -1, "used_s": 0}`, strings.Repeat("[", 900)} {
		put(t, path, []byte(text))
		if hour := b.start(); hour.IsOpen() || hour.Trouble() == nil || !strings.Contains(hour.Trouble().Message, "sudo petcam password") || get(t, path) != text {
			t.Errorf("%.20q: %v", text, hour.Trouble())
		}
		if FirstHourTrouble(b.directory, quiet()) == nil {
			t.Errorf("%.20q", text)
		}
	}
}
