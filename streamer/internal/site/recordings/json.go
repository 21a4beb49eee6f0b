package recordings

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writer appends JSON as Python's json.dumps writes it. The separators are compact ones, or those that it has by itself.
type writer struct {
	b            []byte
	comma, colon string
	isBehind     bool // a value: the next one is separated from it
}

func compact() *writer { return &writer{comma: ",", colon: ":"} }
func spaced() *writer  { return &writer{comma: ", ", colon: ": "} }

func (w *writer) begin(c byte) *writer {
	w.separate()
	w.b, w.isBehind = append(w.b, c), false
	return w
}

func (w *writer) end(c byte) *writer {
	w.b, w.isBehind = append(w.b, c), true
	return w
}

func (w *writer) separate() {
	if w.isBehind {
		w.b = append(w.b, w.comma...)
	}
	w.isBehind = true
}

func (w *writer) key(name string) *writer {
	w.text(name)
	w.b, w.isBehind = append(w.b, w.colon...), false
	return w
}

func (w *writer) text(text string) {
	w.separate()
	w.b = append(w.b, '"')
	for _, c := range text {
		w.b = appendCharacter(w.b, c)
	}
	w.b = append(w.b, '"')
}

func appendCharacter(b []byte, c rune) []byte {
	const short, means = "\"\\\b\f\n\r\t", `"\bfnrt`
	if at := strings.IndexRune(short, c); at >= 0 {
		return append(b, '\\', means[at])
	}
	if c < ' ' {
		return append(b, `\u00`+string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])...)
	}
	return utf8.AppendRune(b, c)
}

func (w *writer) whole(number int64) {
	w.separate()
	w.b = strconv.AppendInt(w.b, number, 10)
}

// wholeOrNull has null for what is below 0.
func (w *writer) wholeOrNull(number int64) {
	if number < 0 {
		w.null()
		return
	}
	w.whole(number)
}

func (w *writer) null() {
	w.separate()
	w.b = append(w.b, "null"...)
}

func (w *writer) bool(is bool) {
	w.separate()
	w.b = strconv.AppendBool(w.b, is)
}

// number appends a floating-point number, which has a point or an exponent.
func (w *writer) number(number float64) {
	w.separate()
	w.b = appendNumber(w.b, number)
}

func appendNumber(b []byte, number float64) []byte {
	size := math.Abs(number)
	if size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.AppendFloat(b, number, 'e', -1, 64)
	}
	text := strconv.FormatFloat(number, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return append(b, text...)
}

// rounded is a number with so many decimals at most, as Python's round makes it.
func rounded(number float64, decimals int) float64 {
	nearest, err := strconv.ParseFloat(strconv.FormatFloat(number, 'f', decimals, 64), 64)
	if err != nil {
		return number
	}
	return nearest
}
