package record

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // whatever the machine has

	"petcam/streamer/internal/mp4"
)

// inBerlin has a recorder's wall clock stand at *at when the last of the frames ends, in Berlin.
func inBerlin(t *testing.T, r *harness, at *time.Time, endNS uint64) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r.system.now = func() (time.Time, uint64) { return at.In(zone), endNS }
}

// oldestFirst lists the finished recordings as retention sees them.
func (h *harness) oldestFirst() (names []string) {
	h.space.withRecordings(func(_ *directory, recordings []recording) error {
		for _, r := range recordings {
			names = append(names, r.name)
		}
		return nil
	})
	return names
}

// Summer time ended on 2026-10-25 at 01:00 UTC: from 02:00 to 03:00 every local time came twice.
func atTheEndOfSummerTime(clock string) time.Time {
	at, err := time.Parse(time.RFC3339, "2026-10-25T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return at
}

func TestRecordingsOfTheRepeatedHourHaveNamesOfTheirOwnAndGoInTheirOrder(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxAge = 35 * time.Minute })
	units := seconds(t, 1)
	var at time.Time
	inBerlin(t, r, &at, units[0].CaptureNS+1e9)
	r.source.publish(units...)
	var names []string
	for _, clock := range []string{"00:30:01", "01:10:01", "01:30:01"} {
		at = atTheEndOfSummerTime(clock)
		names = append(names, r.start())
		r.stop()
	}
	want := []string{"petcam_20261025-023000.mp4", "petcam_20261025-021000.mp4", "petcam_20261025-023000-2.mp4"}
	if !slices.Equal(names, want) {
		t.Fatalf("names are %v, want %v", names, want)
	}
	if got := r.oldestFirst(); !slices.Equal(got, want) {
		t.Errorf("their order is %v, want %v", got, want)
	}
	r.space.deleteOld(atTheEndOfSummerTime("01:30:30"))
	if got := r.files(); slices.Contains(got, want[0]) || len(got) != 2 {
		t.Errorf("%v are left, want those of the last 35 minutes", got)
	}
	r.space.maxBytes = r.size(want[2])
	dir, err := r.system.openDirectory(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if _, err := r.space.count(dir); err != nil {
		t.Fatal(err)
	}
	if err := r.space.makeRoom(dir, "", 0, false); err != nil {
		t.Fatal(err)
	}
	if got := r.files(); !slices.Equal(got, want[2:]) {
		t.Errorf("%v are left, want the newest", got)
	}
}

func TestARecordingThatRunsOverTheEndOfSummerTimeIsWhole(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.Segment = time.Second })
	units := seconds(t, 4)
	at := atTheEndOfSummerTime("01:00:02")
	inBerlin(t, r, &at, units[0].CaptureNS+4e9)
	r.source.publish(units...)
	r.start()
	if status := r.stop(); status.Duration < 0.99 || status.Duration > 1.01 {
		t.Errorf("the last file has %v s, want one", status.Duration)
	}
	files := r.oldestFirst()
	want := []string{"025958", "025959", "020000", "020001"}
	if len(files) != len(want) {
		t.Fatalf("files are %v", files)
	}
	for i, name := range files {
		r.holds(name, units[30*i:30*(i+1)])
		if !strings.Contains(name, want[i]) {
			t.Errorf("file %d is %s, want %s in its name", i, name, want[i])
		}
		file, err := os.OpenFile(r.path(name), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		found, err := mp4.Recover(file, r.size(name))
		if begun := atTheEndOfSummerTime("00:59:58").Add(time.Duration(i) * time.Second); err != nil || !found.Start.Equal(begun) {
			t.Errorf("%s began at %v, %v, want %v", name, found.Start, err, begun)
		}
	}
}
