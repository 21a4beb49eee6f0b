package page

import (
	"strconv"
	"strings"
)

// quoted writes text as Python's json.dumps(ensure_ascii=False) does, which escapes no more than JSON asks for. (Go's
// encoder escapes U+2028 too; the version of the static files is a hash of these bytes, and has to be that of petcam-web.)
func quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, each := range text {
		switch {
		case each == '"' || each == '\\':
			out.WriteByte('\\')
			out.WriteRune(each)
		case each >= ' ':
			out.WriteRune(each)
		case strings.ContainsRune("\n\r\t\b\f", each):
			out.WriteByte('\\')
			out.WriteByte("btn.fr"[each-'\b'])
		default:
			out.WriteString(`\u00` + strconv.FormatInt(0x100+int64(each), 16)[1:])
		}
	}
	out.WriteByte('"')
	return out.String()
}
