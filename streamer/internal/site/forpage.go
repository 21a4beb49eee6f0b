package site

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// inScript escapes what could end a script, or an attribute.
var inScript = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`)

// ForPage is value as a page has it in itself, as Flask's tojson writes it: sorted, with spaces, in ASCII, and without what
// HTML understands. It may be of bool, int, string, Object, and lists of these.
func ForPage(value any) string { return inScript.Replace(string(appendForPage(nil, value))) }

func appendForPage(to []byte, value any) []byte {
	switch value := value.(type) {
	case bool:
		return strconv.AppendBool(to, value)
	case int:
		return strconv.AppendInt(to, int64(value), 10)
	case string:
		return appendText(to, value, true)
	case Object:
		members := slices.SortedFunc(slices.Values(value), func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
		to = append(to, '{')
		for at, member := range members {
			to = append(appendText(append(to, separator(at)...), member.Name, true), ": "...)
			to = appendForPage(to, member.Value)
		}
		return append(to, '}')
	case []any:
		to = append(to, '[')
		for at, each := range value {
			to = appendForPage(append(to, separator(at)...), each)
		}
		return append(to, ']')
	}
	panic(fmt.Sprintf("site: a page has no %T in itself", value))
}

func separator(at int) string {
	if at == 0 {
		return ""
	}
	return ", "
}
