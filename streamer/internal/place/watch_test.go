package place

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEachMountIsNoticedOnce(t *testing.T) {
	point := t.TempDir()
	table, err := openTable()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(table)
	for range 20 {
		if err := unix.Mount("petcam-test", point, "tmpfs", 0, "size=64k"); errors.Is(err, unix.EPERM) {
			t.Skip("needs root")
		}
		if !changed(table) {
			t.Fatal("a mount was missed")
		}
		if err := unix.Unmount(point, 0); err != nil {
			t.Fatal(err)
		}
		if !changed(table) {
			t.Fatal("an unmount was missed")
		}
	}
}
