package place

import (
	"path"
	"strconv"
	"strings"
)

// plannedMounts are the places in the tree where fstab(5), by its text, wants something mounted.
func plannedMounts(text string) (points []string) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) >= 3 && !strings.HasPrefix(fields[0], "#") && strings.HasPrefix(fields[1], "/") { // swap has no place
			points = append(points, unescape(fields[1]))
		}
	}
	return points
}

// mounted is where something is mounted, by the text of /proc/self/mountinfo: proc(5). Folders that are bound to
// themselves, as systemd does to let a service write to them, do not count.
func mounted(text string) map[string]bool {
	type mount struct{ parent, device, root, point string }
	mounts := map[string]mount{} // by their ids
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) >= 5 {
			mounts[fields[0]] = mount{fields[1], fields[2], unescape(fields[3]), unescape(fields[4])}
		}
	}
	points := map[string]bool{}
	for _, m := range mounts {
		below, ok := mounts[m.parent]
		isItself := ok && m.device == below.device && m.root == path.Join(below.root, strings.TrimPrefix(m.point, below.point))
		if !isItself {
			points[m.point] = true
		}
	}
	return points
}

// unescape turns \040 and its like, by which both write spaces, into their bytes.
func unescape(field string) string {
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+4 <= len(field) {
			if code, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(field[i])
	}
	return b.String()
}
