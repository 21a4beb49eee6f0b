package live

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheZoneIsThatOfTZElseOfTheLink(t *testing.T) {
	directory := t.TempDir()
	link, file := filepath.Join(directory, "link"), filepath.Join(directory, "file")
	if err := os.Symlink("../usr/share/zoneinfo/Europe/Berlin", link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ tz, path, want string }{
		{"Asia/Tokyo", link, "Asia/Tokyo"}, {":Asia/Tokyo", link, "Asia/Tokyo"}, {":/x/zoneinfo/Asia/Tokyo", link, "Asia/Tokyo"},
		{"CET-1CEST", link, "CET-1CEST"}, {"", link, "UTC"}, {":", link, "UTC"},
	} {
		t.Setenv("TZ", c.tz)
		if got := zoneName(c.path); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if err := os.Unsetenv("TZ"); err != nil { // t.Setenv above puts it back
		t.Fatal(err)
	}
	for path, want := range map[string]string{link: "Europe/Berlin", file: "", filepath.Join(directory, "none"): "UTC"} {
		if got := zoneName(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}
