package config

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The plain scalars of YAML 1.1 (https://yaml.org/type/) as PyYAML's resolver knows them.
var (
	nullScalar  = pattern(`~|null|Null|NULL|`)
	trueScalar  = pattern(`yes|Yes|YES|true|True|TRUE|on|On|ON`)
	falseScalar = pattern(`no|No|NO|false|False|FALSE|off|Off|OFF`)
	intScalar   = pattern(`[-+]?(0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)`)
	floatScalar = pattern(`[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?` +
		`|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)`)
	dateScalar = pattern(`\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?`)
)

func isPlain(node *yaml.Node) bool {
	return node.Style&(yaml.TaggedStyle|yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

func scalar(node *yaml.Node) (any, error) {
	switch {
	case isPlain(node):
		return plainScalar(node)
	case node.Style&yaml.TaggedStyle != 0:
		return taggedScalar(node)
	default:
		return node.Value, nil
	}
}

func plainScalar(node *yaml.Node) (any, error) {
	matches := func(kind *regexp.Regexp) bool { return kind.MatchString(node.Value) }
	switch {
	case matches(nullScalar):
		return nil, nil
	case matches(trueScalar):
		return true, nil
	case matches(falseScalar):
		return false, nil
	case matches(intScalar):
		return integerScalar(node)
	case matches(floatScalar):
		return floatOf(node)
	case matches(dateScalar):
		return other(node.Value), nil
	case node.Value == "=", node.Value == "<<": // special as keys, and nothing as values
		return nil, atLine(node, "could not determine a constructor for "+node.Value)
	default:
		return node.Value, nil
	}
}

func taggedScalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!str", "!":
		return node.Value, nil
	case "!!null":
		return nil, nil
	case "!!int":
		return integerScalar(node)
	case "!!float":
		return floatOf(node)
	case "!!bool":
		if trueScalar.MatchString(strings.ToLower(node.Value)) {
			return true, nil
		}
		if falseScalar.MatchString(strings.ToLower(node.Value)) {
			return false, nil
		}
		return nil, atLine(node, "expected true or false")
	default:
		return otherTag(node)
	}
}

// otherTag accepts the standard's tags that no key wants, and no others.
func otherTag(node *yaml.Node) (any, error) {
	switch tag := node.ShortTag(); tag {
	case "!!timestamp", "!!binary", "!!set", "!!omap", "!!pairs":
		return other(strings.TrimSpace(tag + " " + node.Value)), nil
	default:
		long := strings.Replace(tag, "!!", "tag:yaml.org,2002:", 1)
		return nil, atLine(node, "could not determine a constructor for the tag '"+long+"'")
	}
}

func integerScalar(node *yaml.Node) (any, error) {
	digits := strings.ReplaceAll(node.Value, "_", "")
	sign, digits := cutSign(digits)
	value, ok := new(big.Int), false
	switch {
	case strings.Contains(digits, ":"):
		value, ok = sixties(digits)
	case strings.HasPrefix(digits, "0b"), strings.HasPrefix(digits, "0x"):
		value, ok = value.SetString(digits, 0)
	case strings.HasPrefix(digits, "0"):
		value, ok = value.SetString(digits, 8)
	default:
		value, ok = value.SetString(digits, 10)
	}
	if !ok {
		return nil, atLine(node, "expected a whole number")
	}
	return value.Mul(value, big.NewInt(int64(sign))), nil
}

func cutSign(number string) (sign int, digits string) {
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		return -1, rest
	}
	return 1, strings.TrimPrefix(number, "+")
}

// sixties reads 1:30 as 90.
func sixties(digits string) (*big.Int, bool) {
	value := new(big.Int)
	for part := range strings.SplitSeq(digits, ":") {
		place, ok := new(big.Int).SetString(part, 10)
		if !ok {
			return nil, false
		}
		value.Add(value.Mul(value, big.NewInt(60)), place)
	}
	return value, true
}

func floatOf(node *yaml.Node) (any, error) {
	sign, digits := cutSign(strings.ToLower(strings.ReplaceAll(node.Value, "_", "")))
	switch digits {
	case ".inf":
		return math.Inf(sign), nil
	case ".nan":
		return math.NaN(), nil
	}
	value := 0.0
	for part := range strings.SplitSeq(digits, ":") {
		place, err := strconv.ParseFloat(part, 64)
		if err != nil && place == 0 { // too large a number is infinite, as in Python
			return nil, atLine(node, "expected a number")
		}
		value = value*60 + place
	}
	return float64(sign) * value, nil
}
