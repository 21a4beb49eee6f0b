package record

import (
	"testing"
	"time"

	"petcam/streamer/internal/recordname"
)

func TestNamesTellTheKindAndItsTwin(t *testing.T) {
	for name, want := range map[string]struct {
		kind kind
		twin string
		is   bool
	}{
		"petcam_20260101-000000.mp4":                   {byHand, "", true},
		"petcam_20260101-000000_visit-2.mp4":           {byHand, "", true},
		"petcam_20260101-000000~visit.mp4":             {visit, "petcam_20260101-000000~always.mp4", true},
		"petcam_20260101-000000~always-12.mp4":         {always, "petcam_20260101-000000~visit-12.mp4", true},
		"petcam_20260101-000000_cat.1~visit-2.mp4":     {visit, "petcam_20260101-000000_cat.1~always-2.mp4", true},
		"petcam_20260101-000000~sound.mp4":             {byHand, "", false},
		"petcam_20260101-000000~visit~always.mp4":      {byHand, "", false},
		"petcam_20260101-000000~visit-2.mp4.part":      {byHand, "", false},
		"petcam_20260101-000000~visitor.mp4":           {byHand, "", false},
		"petcam_20260101-000000~visit_x.mp4":           {byHand, "", false},
		"petcam_20260101-000000~.mp4":                  {byHand, "", false},
		"petcam_20260101-000000_" + "a~visit" + ".mp4": {visit, "petcam_20260101-000000_a~always.mp4", true},
	} {
		if got := recordname.KindOf(name); got != want.kind || recordname.Twin(name) != want.twin || isRecording(name) != want.is {
			t.Errorf("%s: kind %q, twin %q, a recording: %v", name, got, recordname.Twin(name), isRecording(name))
		}
	}
}

func TestANameGetsANumberThatCanBeReadAgain(t *testing.T) {
	for name, want := range map[string]string{
		"petcam_20260101-000000.mp4":         "petcam_20260101-000000-7.mp4",
		"petcam_20260101-000000-2.mp4":       "petcam_20260101-000000-7.mp4",
		"petcam_20260101-000000~visit.mp4":   "petcam_20260101-000000~visit-7.mp4",
		"petcam_20260101-000000~visit-3.mp4": "petcam_20260101-000000~visit-7.mp4",
		"petcam_20260101-000000_cat-2.mp4":   "petcam_20260101-000000_cat-2-7.mp4",
	} {
		if got := numbered(name, 7); got != want {
			t.Errorf("%s becomes %s", name, got)
		}
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ label, want string }{
		{"", "petcam_20260101-000000-2.mp4"}, {"cat-1", "petcam_20260101-000000_cat-1-2.mp4"}, {"~always", "petcam_20260101-000000~always-2.mp4"},
	} {
		if got := fileName(start, c.label, 2); got != c.want {
			t.Errorf("%q gives %s", c.label, got)
		}
	}
}

func TestNoNameIsGivenWhoseTwinIsTaken(t *testing.T) {
	r := newHarness(t, nil)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r.write(fileName(start, "~visit", 1), 1)
	r.write(fileName(start, "~visit", 2)+partSuffix, 1)
	dir, err := r.system.openDirectory(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for want, label := range map[string]string{"petcam_20260101-000000~always-3.mp4": "~always", "petcam_20260101-000000.mp4": ""} {
		name, file, err := dir.create(start, label)
		if err != nil || name != want {
			t.Errorf("%q: %s, %v", label, name, err)
		} else {
			_ = file.Close()
		}
	}
	if name, file, err := dir.create(start, "~visit"); err != nil || name != "petcam_20260101-000000~visit-4.mp4" {
		t.Errorf("%s, %v", name, err)
	} else {
		_ = file.Close()
	}
}
