package recordings

import (
	"strings"
	"unicode"
)

// Downloads are the names that files get where somebody downloads them: after the camera, which has one name in the
// family. On the disk they stay "petcam_...", whatever the camera is called.
type Downloads struct{ camera string }

// ownPrefix is what each file's name begins with.
const ownPrefix = "petcam_"

// NewDownloads are those of a camera; empty: it has no name of its own.
func NewDownloads(camera string) Downloads {
	var name strings.Builder
	isAfter := false
	for _, c := range camera {
		if isOut := notInNames(c); isOut && !isAfter {
			name.WriteByte('-')
			isAfter = true
			continue
		} else if isOut {
			continue
		}
		isAfter = false
		name.WriteRune(c)
	}
	return Downloads{strings.Trim(name.String(), "-")}
}

// notInNames is what one of the systems cannot have in a file's name, and what hides it.
func notInNames(c rune) bool {
	return strings.ContainsRune(`/\:*?"<>|.`, c) || unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f
}

// Disposition is Content-Disposition (RFC 6266) of a file's name, which is ASCII; how is "inline" or "attachment".
func (d Downloads) Disposition(how, name string) string {
	plain := how + `; filename="` + name + `"`
	rest, isOwn := strings.CutPrefix(name, ownPrefix)
	if d.camera == "" || !isOwn {
		return plain
	}
	return plain + "; filename*=UTF-8''" + percent(d.camera+"_"+rest)
}

// percent escapes all but what needs no escape anywhere.
func percent(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		isLetter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if isLetter || c >= '0' && c <= '9' || strings.IndexByte("_.-~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(figure[c>>4])
		out.WriteByte(figure[c&15])
	}
	return out.String()
}

const figure = "0123456789ABCDEF"
