package recordname

import "testing"

func TestNamesAreRead(t *testing.T) {
	for name, want := range map[string]Key{
		"petcam_20260101-000000.mp4":                         {20260101000000, 1, ""},
		"petcam_20260101-000000-2.mp4":                       {20260101000000, 2, ""},
		"petcam_20260101-000000-0.mp4":                       {20260101000000, 0, ""},
		"petcam_20260101-235959-999999999.mp4":               {20260101235959, 999999999, ""},
		"petcam_20240229-000000~visit.mp4":                   {20240229000000, 1, ""},
		"petcam_20260101-000000_cat-2~visit-3.mp4":           {20260101000000, 3, ""},
		"petcam_20260101-000000_cat-2.mp4":                   {20260101000000, 2, ""},
		"petcam_20260101-000000_-2.mp4":                      {20260101000000, 1, ""},
		"petcam_20260101-000000_a-1-2.mp4":                   {20260101000000, 2, ""},
		"petcam_20260101-000000_a-1234567890.mp4":            {20260101000000, 1, ""},
		"petcam_20260101-000000_a.mp4.mp4":                   {20260101000000, 1, ""},
		"petcam_20260101-000000_" + long(64) + ".mp4":        {20260101000000, 1, ""},
		"petcam_20260101-000000_" + long(64) + "-2.mp4":      {20260101000000, 2, ""},
		"petcam_20260101-000000_" + long(64) + "~always.mp4": {20260101000000, 1, ""},
	} {
		want.Name = name
		if key, ok := KeyOf(name); !ok || key != want {
			t.Errorf("%s: %v, %v", name, key, ok)
		}
	}
}

func TestOtherNamesAreNone(t *testing.T) {
	for _, name := range []string{
		"", "petcam_.mp4", "petcam_20260101-000000", "petcam_20260101-000000.MP4", "x_20260101-000000.mp4",
		"petcam_20269999-000000.mp4", "petcam_00000101-000000.mp4", "petcam_30000101-000000.mp4",
		"petcam_20260101-240000.mp4", "petcam_20260101-006000.mp4", "petcam_20260101-000060.mp4",
		"petcam_20260101-000000~sound.mp4", "petcam_20260101-000000~.mp4", "petcam_20260101-000000~visit~always.mp4",
		"petcam_20260101-000000~visit_cat.mp4", "petcam_20260101-000000_a~b.mp4", "petcam_20260101-000000-2~visit.mp4",
		"petcam_20260101-000000_.mp4", "petcam_20260101-000000_~visit.mp4", "petcam_20260101-000000-.mp4",
		"petcam_20260101-000000-1234567890.mp4", "petcam_20260101-000000x.mp4", "petcam_20260101-000000_a/b.mp4",
		"petcam_20260101-000000.mp4\n", "petcam_20260101-000000_" + long(65) + ".mp4", "petcam_+0260101-000000.mp4",
		"petcam_20260101-000000.mp4.pin", "petcam_20260101-000000.mp4.part",
	} {
		if IsName(name) {
			t.Errorf("%q is one", name)
		}
	}
	if _, ok := KeyOf("petcam_20260230-000000.mp4"); ok || !IsName("petcam_20260230-000000.mp4") {
		t.Error("the 30th of February")
	}
}

func TestKindsAndTwins(t *testing.T) {
	for name, want := range map[string][2]string{
		"petcam_20260101-000000.mp4":                  {"", ""},
		"petcam_20260101-000000_visit.mp4":            {"", ""},
		"petcam_20260101-000000~visit.mp4":            {"visit", "petcam_20260101-000000~always.mp4"},
		"petcam_20260101-000000_a~always-2.mp4":       {"always", "petcam_20260101-000000_a~visit-2.mp4"},
		"petcam_20260101-000000~sound.mp4":            {"", ""},
		"petcam_20260101-000000~visitor.mp4":          {"", ""},
		"petcam_20260101-000000~visit-1234567890.mp4": {"", ""},
	} {
		if kind, twin := KindOf(name), Twin(name); string(kind) != want[0] || twin != want[1] {
			t.Errorf("%s: %q, %q", name, kind, twin)
		}
	}
	if name := NamedAs("petcam_20260101-000000~always-2.mp4", ByHand); name != "petcam_20260101-000000-2.mp4" {
		t.Error(name)
	}
}

func long(count int) string {
	b := make([]byte, count)
	for n := range b {
		b[n] = 'x'
	}
	return string(b)
}
