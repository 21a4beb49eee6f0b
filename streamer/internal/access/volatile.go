package access

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const mountInfo = "/proc/self/mountinfo"

// mount is the file system that a path lies on.
type mount struct {
	point   string
	kind    string // "ext4", "fuseblk"
	options string // of its file system, by commas
}

// isVolatile says whether a restart empties the folder, or takes back what was changed in it: it is in memory, or an overlay
// whose changes are (overlayroot). False where that cannot be told: the upper layer of a container is out of sight.
func isVolatile(folder string) bool {
	found := mountOf(folder)
	if found.kind != "overlay" {
		return found.isInMemory()
	}
	for _, option := range strings.Split(found.options, ",") {
		upper, is := strings.CutPrefix(option, "upperdir=")
		if !is || upper == "" {
			continue
		}
		layer := unescaped(upper)
		info, err := os.Stat(layer)
		return err == nil && info.IsDir() && mountOf(layer).isInMemory()
	}
	return false
}

func (m mount) isInMemory() bool { return m.kind == "tmpfs" || m.kind == "ramfs" }

// mountOf is that which path is in, or would be where it is not there.
func mountOf(path string) mount {
	text, err := os.ReadFile(mountInfo)
	if err != nil {
		return mount{}
	}
	return innermost(realPath(path), string(text))
}

// realPath follows links as far as there is anything.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(realPath(parent), filepath.Base(path))
}

// innermost is, of the mounts in the text (proc_pid_mountinfo(5)), that which path is in; of two at one place the later,
// which hides the other.
func innermost(path, text string) mount {
	found := mount{point: "/"}
	for _, line := range strings.Split(text, "\n") {
		before, after, _ := strings.Cut(line, " - ")
		left, right := strings.Split(before, " "), strings.SplitN(after, " ", 3)
		if len(left) < 5 || len(right) < 3 {
			continue
		}
		point := unescaped(left[4])
		if isIn(path, point) && len(point) >= len(found.point) {
			found = mount{point, right[0], right[2]}
		}
	}
	return found
}

func isIn(path, point string) bool {
	return point == "/" || path == point || strings.HasPrefix(path, point+"/")
}

// unescaped puts characters for what is octal there: \040 for a space.
func unescaped(text string) string {
	var to strings.Builder
	for i := 0; i < len(text); i++ {
		if i+4 <= len(text) && text[i] == '\\' {
			if code, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				to.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		to.WriteByte(text[i])
	}
	return to.String()
}
