package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// kind is what a key's text may be: value gives what it means, words say what is allowed. works tells whether one that is
// allowed can work: where not, the services start all the same, and petcam check-config refuses it; nil: it always can. public is
// what of a text may be shown; nil: all.
type kind struct {
	words string
	value func(text string) (value any, ok bool)
	works func(text string) bool

	public func(text string) string
}

// quoted shows a node of this kind.
func (k kind) quoted(node *yaml.Node) string {
	if k.public == nil || node.Kind != yaml.ScalarNode {
		return quoted(node)
	}
	return "'" + shown(k.public(node.Value)) + "'"
}

// kindOf explains the tag "allowed" of a field: the bounds of a number, "1 to 256", the form of a text or of each in a
// list, "host", or the words to choose from, "go or python".
func kindOf(field reflect.Kind, allowed string) kind {
	form, isForm := forms[allowed]
	switch {
	case field == reflect.Slice:
		return kind{"a list of " + form.several, form.value, form.works, form.public}
	case allowed == "model":
		return model()
	case isForm:
		return kind{form.one, form.value, form.works, form.public}
	case field == reflect.Float64:
		return decimal(allowed)
	case field == reflect.String:
		return choice(allowed)
	}
	return whole(allowed)
}

func whole(bounds string) kind {
	var low, high int64
	mustScan(bounds, &low, &high)
	return kind{words: "a whole number from " + bounds, value: func(text string) (any, bool) {
		value, err := strconv.ParseInt(text, 10, 64)
		return value, err == nil && isWhole(text) && low <= value && value <= high
	}}
}

func decimal(bounds string) kind {
	var low, high float64
	mustScan(bounds, &low, &high)
	return kind{words: "a number from " + bounds, value: func(text string) (any, bool) {
		value, err := strconv.ParseFloat(text, 64)
		return value, err == nil && isDecimal(text) && low <= value && value <= high
	}}
}

func mustScan(bounds string, low, high any) {
	if _, err := fmt.Sscanf(bounds, "%v to %v", low, high); err != nil {
		panic("not bounds: " + bounds)
	}
}

// switches are how else a choice of off or on may be written, in small or capital letters.
var switches = map[string]string{"off": "off", "no": "off", "false": "off", "on": "on", "yes": "on", "true": "on"}

func choice(words string) kind {
	allowed := strings.Split(words, " or ")
	return kind{words: words, value: func(text string) (any, bool) {
		word, ok := switches[strings.ToLower(text)]
		if !ok {
			word = text
		}
		return word, slices.Contains(allowed, word)
	}}
}

// form is what a text looks like, in words for one and for several.
type form struct {
	matches      func(text string) bool
	one, several string
	works        func(text string) bool   // as in kind
	public       func(text string) string // as in kind
}

// space is what Python's \s matches, for use in a character class.
const space = `\s\v\x1c-\x1f\x{85}\p{Z}`

const (
	webURL    = `(https?://[^` + space + `/]+(/[^` + space + `]*)?)?`
	brokerURL = `(mqtts?://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?/?)?`
)

var forms = map[string]form{
	"endpoint":   {pattern(`[A-Za-z0-9.:_-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]:[0-9]{1,5}`), "", "host names or IP addresses, each with :PORT where that is another", isEndpoint, nil},
	"host":       {pattern(`[A-Za-z0-9.:_-]{1,253}`), "a host name or an IP address", "", isAddressOrName, nil},
	"hosts":      {pattern(`[A-Za-z0-9.:_-]{1,253}`), "", "host names or IP addresses", nil, nil},
	"network":    {isNetwork, "", "IP addresses or networks like 192.168.1.0/24", nil, nil},
	"ice server": {pattern(`(stun|stuns|turn|turns):[^` + space + `]+`), "", "stun: or turn: URLs", nil, nil},
	"class":      {isClass, "", "names of classes, each of 1 to 32 bytes", nil, nil},
	"name":       {isName, "a name of at most 40 letters, digits, signs and spaces between them, or empty", "", nil, nil},
	"segment":    {pattern(`/[A-Za-z0-9._-]{1,200}`), "a segment name like /petcam_stream", "", nil, nil},
	"directory":  {pattern(`/[^\x00-\x1f]*`), "an absolute path", "", nil, nil},
	"file":       {pattern(`(/[^\x00-\x1f]*)?`), "an absolute path, or empty", "", nil, nil},
	"url":        {pattern(webURL), "an http:// or https:// URL, or empty", "", nil, nil},
	"way":        {pattern(`[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x1f` + space + `]+`), "", "URLs like ntfy://HOST/TOPIC", isKnownWay, allSecret},
	"webhook":    {pattern(webURL), "an http:// or https:// URL, or empty", "", nil, allSecret},
	"mqtt":       {pattern(brokerURL), "mqtt://HOST or mqtts://HOST, with :PORT where that is another, or empty", "", isBroker, allSecret},
	"user":       {pattern(`[^\x00-\x1f]{0,200}`), "a name of at most 200 characters, or empty", "", nil, nil},
	"microphone": {pattern(`[A-Za-z0-9._:,=@-]{0,100}`), "source, default, an ALSA name like plughw:CARD=Device, or empty", "", nil, nil},
	"source":     {pattern(`[^\x00-\x1f]*`), "demo, a file, rpicam, rtsp://..., /dev/videoN, or empty", "", isKnownSource, withoutSecret},
}

func (f form) value(text string) (any, bool) { return text, f.matches(text) }

// What a name cannot hold, and what it cannot begin or end with, as in petcam/config/kinds.py.
const (
	unseen = `\x00-\x1f\x{7f}-\x{9f}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}\x{fffe}\x{ffff}`
	spaces = ` \x{a0}\x{3000}`
)

var isName = pattern(`([^` + unseen + spaces + `]([^` + unseen + `]{0,38}[^` + unseen + spaces + `])?)?`)

const maxClassBytes = 32 // that fit into shared memory

var (
	isModelPath  = pattern(`/[^\x00-\x1f]*`)
	isClassWords = pattern(`[^` + unseen + spaces + `]([^` + unseen + `]*[^` + unseen + spaces + `])?`)
)

// model is whether there is a detector, or the path of what it sees by.
func model() kind {
	words := choice("auto or off")
	return kind{words: "auto, off or an absolute path", value: func(text string) (any, bool) {
		word, ok := words.value(text)
		return word, ok || isModelPath(text)
	}}
}

func isClass(text string) bool { return len(text) <= maxClassBytes && isClassWords(text) }

var (
	isWhole   = pattern(`0|[1-9][0-9]*`)
	isDecimal = pattern(`(0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+`)
)

// pattern tells whether the whole of a text matches. What it compiles for that it does not keep: all of them together take
// half a megabyte, and a configuration is read a few times.
func pattern(expression string) func(text string) bool {
	return func(text string) bool { return regexp.MustCompile(`^(?:` + expression + `)$`).MatchString(text) }
}
