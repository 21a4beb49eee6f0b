package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

const (
	deepest     = 20 // levels of nesting; petcam.yaml has three
	shownAtMost = 60 // characters of a text in a message
)

// compose gives the root of the one document of a text, nil if it is empty. Every scalar is text: Node.Value.
func compose(text []byte) (*yaml.Node, error) {
	if err := refuseTabs(text); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, notYAML(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, atLine(&second, "is not YAML: but found another document")
	} else if !errors.Is(err, io.EOF) {
		return nil, notYAML(err)
	}
	root := document.Content[0]
	if err := check(root, 0); err != nil {
		return nil, err
	}
	return root, refuseEqualKeys(root)
}

var (
	lineBreak = regexp.MustCompile(`\r\n|[\r\n\x{85}\x{2028}\x{2029}]`)
	comment   = regexp.MustCompile(`(?s)(^| )#.*`)
)

// refuseTabs looks for tabs outside of comments: where they count as spaces, YAML libraries do not agree.
func refuseTabs(text []byte) error {
	for i, line := range lineBreak.Split(string(text), -1) {
		if strings.Contains(comment.ReplaceAllString(line, ""), "\t") {
			return fmt.Errorf("line %d: a tab is not allowed; write spaces", i+1)
		}
	}
	return nil
}

// notYAML turns the library's "yaml: line 3: words" into the words of the Python services.
func notYAML(err error) error {
	words := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(words, "exceeded max depth") {
		return fmt.Errorf("is nested more than %d levels deep", deepest)
	}
	if found := regexp.MustCompile(`^line (\d+): (.*)`).FindStringSubmatch(words); found != nil {
		return fmt.Errorf("line %s: is not YAML: %s", found[1], found[2])
	}
	return fmt.Errorf("is not YAML: %s", words)
}

func atLine(node *yaml.Node, words string, values ...any) error {
	return fmt.Errorf("line %d: "+words, append([]any{node.Line}, values...)...)
}

// check refuses what petcam.yaml has no use for.
func check(node *yaml.Node, depth int) error {
	if depth == deepest {
		return atLine(node, "is nested more than %d levels deep", deepest)
	}
	if node.Style&yaml.TaggedStyle != 0 {
		return atLine(node, "a tag such as !!str is not allowed")
	}
	if node.Anchor != "" {
		return atLine(node, "an anchor such as &a is not allowed; write the value itself")
	}
	for _, child := range node.Content {
		if err := check(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// refuseEqualKeys looks on every level, of unknown keys too: which of them counts would have to be guessed.
func refuseEqualKeys(node *yaml.Node) error {
	lines := map[string]int{}
	for i, child := range node.Content {
		isKey := node.Kind == yaml.MappingNode && i%2 == 0
		if isKey && child.Kind == yaml.ScalarNode {
			if first, found := lines[child.Value]; found {
				return atLine(child, "the key %s stands there already, in line %d", quoted(child), first)
			}
			lines[child.Value] = child.Line
		}
		if err := refuseEqualKeys(child); err != nil {
			return err
		}
	}
	return nil
}

// isEmpty tells whether nothing stands there, not even quotes.
func isEmpty(node *yaml.Node) bool {
	return node == nil || node.Kind == yaml.ScalarNode && node.Style == 0 && node.Value == ""
}

// quoted is a scalar's text on one line, or what else the node is.
func quoted(node *yaml.Node) string {
	switch node.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	}
	return "'" + shown(node.Value) + "'"
}

// shown is a text on one line: what cannot be seen, of which some would break it, stands there as its number.
func shown(text string) string {
	if all := []rune(text); len(all) > shownAtMost {
		text = string(all[:shownAtMost-3]) + "..."
	}
	var line strings.Builder
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			fmt.Fprintf(&line, `\u%04x`, r)
		} else {
			line.WriteRune(r)
		}
	}
	return line.String()
}

// entry is a key of a mapping, the line that it stands on, and its value.
type entry struct {
	name  string
	line  int
	value *yaml.Node
}

// entries are those of a mapping. Nothing is an empty mapping; of anything else it says what was wanted.
func entries(node *yaml.Node, wanted string) (found []entry, err error) {
	if isEmpty(node) {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		return nil, atLine(node, "%s, not %s", wanted, quoted(node))
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, atLine(key, "%s is not allowed as a key", quoted(key))
		}
		found = append(found, entry{key.Value, key.Line, value})
	}
	return found, nil
}

// valueOf is the node of a key, nil if there is none.
func valueOf(given []entry, name string) *yaml.Node {
	at := slices.IndexFunc(given, func(e entry) bool { return e.name == name })
	if at < 0 {
		return nil
	}
	return given[at].value
}
