// Package remedy names the commands that help as they are called on this board. It imports nothing of petcam.
package remedy

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// alone has petcam's commands as they are where there is only petcam-streamer. The camera is on where its file is not
// there.
var alone = strings.NewReplacer(
	"sudo petcam password", "sudo petcam-streamer password",
	"sudo petcam token add", "sudo petcam-streamer token add",
	"sudo petcam token list", "sudo petcam-streamer token list",
	"sudo petcam check-config", "sudo petcam-streamer check-config",
	"sudo petcam doctor", "sudo petcam-streamer doctor",
	"sudo petcam camera on", "sudo rm /var/lib/petcam/camera.json",
)

// Here is a text for people with the commands of this board, be it written for petcam's.
func Here(text []byte) []byte {
	if !bytes.Contains(text, []byte("sudo ")) || !IsAlone() {
		return text
	}
	return []byte(alone.Replace(string(text)))
}

// Writer passes on what is written to it, each piece as Here has it. A command must not be in two pieces.
func Writer(to io.Writer) io.Writer { return writer{to} }

type writer struct{ to io.Writer }

func (w writer) Write(piece []byte) (int, error) {
	if _, err := w.to.Write(Here(piece)); err != nil {
		return 0, err
	}
	return len(piece), nil
}

// IsAlone says whether petcam-streamer is installed and petcam is not: beside this program, or where programs are. In a
// checkout, where this program lies in no folder bin, petcam is there.
func IsAlone() bool {
	own, err := os.Executable()
	if err != nil || filepath.Base(filepath.Dir(own)) != "bin" {
		return false
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(own), "petcam")); err == nil {
		return false
	}
	_, err = exec.LookPath("petcam")
	return err != nil
}
