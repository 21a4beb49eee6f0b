package state

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const bootIDFile = "/proc/sys/kernel/random/boot_id"

// BootID is $PETCAM_BOOT_ID, which petcam's systemd units set because they hide /proc/sys, else the kernel's.
func BootID() (string, error) {
	if given := os.Getenv("PETCAM_BOOT_ID"); given != "" {
		return given, nil
	}
	text, err := os.ReadFile(bootIDFile)
	return strings.TrimSpace(string(text)), err
}

// BootTime is CLOCK_BOOTTIME in ms, which setting the clock does not change, and which counts while the board sleeps, too.
func BootTime() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	return now.Nano() / 1_000_000
}
