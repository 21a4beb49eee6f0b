package offertoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	version = "v1"
	purpose = "petcam-offer-v1"
)

// signer signs payloads, for this machine until it starts anew.
type signer struct {
	key    func() ([]byte, error)
	bootID func() (string, error)
}

// sign fails where there is no key, or the machine's start is unknown.
func (s *signer) sign(payload []byte) ([]byte, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	bootID, err := s.bootID()
	if err != nil {
		return nil, fmt.Errorf("the machine's boot id is unknown; set PETCAM_BOOT_ID: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose + "\n" + bootID + "\n"))
	mac.Write(payload)
	return mac.Sum(nil), nil
}

// readBootID takes $PETCAM_BOOT_ID, which petcam's systemd units set as they hide /proc/sys.
func readBootID() (string, error) {
	if given := os.Getenv("PETCAM_BOOT_ID"); given != "" {
		return given, nil
	}
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// sinceBoot is CLOCK_BOOTTIME in ms.
func sinceBoot() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // fails only for clocks that do not exist
	return time.Duration(now.Nano()).Milliseconds()
}
