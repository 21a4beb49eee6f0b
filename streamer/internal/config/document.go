package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A document's values are nil, bool, *big.Int, float64, string, other, []any and *mapping: what YAML 1.1 makes of a
// text, as Python's PyYAML reads it. The Go library's own values would not do: it reads YAML 1.2 where they differ, and
// "host: yes" or "port: 1e3" would mean one thing to one service and another to the other.

// other is a value of a kind that no key wants, such as a date, as it is written.
type other string

// mapping is in the order of the document; a key that is there twice keeps its first place and its last value.
type mapping struct {
	keys   []any
	values map[string]any // by the key as show writes it, which tells 1 and "1" apart
}

func (m *mapping) put(key, value any) {
	shown := show(key)
	if _, there := m.values[shown]; !there {
		m.keys = append(m.keys, key)
	}
	m.values[shown] = value
}

func (m *mapping) get(key string) any { return m.values[show(key)] }

// asMapping takes a mapping, or nothing for an empty one.
func asMapping(value any) (*mapping, bool) {
	if value == nil {
		return &mapping{}, true
	}
	found, ok := value.(*mapping)
	return found, ok
}

// readDocument reads the one document of a text, nil if it is empty.
func readDocument(text []byte) (any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, notYAML(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, atLine(&second, "but found another document")
	} else if !errors.Is(err, io.EOF) {
		return nil, notYAML(err)
	}
	return (&builder{built: map[*yaml.Node]any{}}).value(&document)
}

// notYAML turns the library's "yaml: line 3: words" into the words of the Python services.
func notYAML(err error) error {
	words := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := regexp.MustCompile(`^line (\d+): (.*)`).FindStringSubmatch(words); found != nil {
		return fmt.Errorf("line %s: is not YAML: %s", found[1], found[2])
	}
	return fmt.Errorf("is not YAML: %s", words)
}

func atLine(node *yaml.Node, words string) error {
	return fmt.Errorf("line %d: is not YAML: %s", node.Line, words)
}

// builder makes values of nodes. built has the finished ones, and unfinished for those it is in, so that an alias costs
// nothing and one that contains itself is noticed.
type builder struct{ built map[*yaml.Node]any }

type unfinished struct{}

func (b *builder) value(node *yaml.Node) (any, error) {
	done, there := b.built[node]
	if _, inside := done.(unfinished); inside {
		return nil, atLine(node, "an anchor contains itself")
	}
	if there {
		return done, nil
	}
	b.built[node] = unfinished{}
	value, err := b.build(node)
	b.built[node] = value
	return value, err
}

func (b *builder) build(node *yaml.Node) (any, error) {
	tagged := node.Style&yaml.TaggedStyle != 0
	switch node.Kind {
	case yaml.DocumentNode:
		return b.value(node.Content[0])
	case yaml.AliasNode:
		return b.value(node.Alias)
	case yaml.ScalarNode:
		return scalar(node)
	case yaml.SequenceNode:
		if tagged && node.ShortTag() != "!!seq" {
			return otherTag(node)
		}
		return b.sequence(node)
	default:
		if tagged && node.ShortTag() != "!!map" {
			return otherTag(node)
		}
		return b.mapping(node)
	}
}

func (b *builder) sequence(node *yaml.Node) (any, error) {
	items := make([]any, 0, len(node.Content))
	for _, item := range node.Content {
		value, err := b.value(item)
		if err != nil {
			return nil, err
		}
		items = append(items, value)
	}
	return items, nil
}

func (b *builder) mapping(node *yaml.Node) (any, error) {
	built := &mapping{values: map[string]any{}}
	for i := 0; i < len(node.Content); i += 2 {
		if isMerge(node.Content[i]) {
			if err := b.merge(built, node.Content[i+1]); err != nil {
				return nil, err
			}
		}
	}
	for i := 0; i < len(node.Content); i += 2 {
		if isMerge(node.Content[i]) {
			continue
		}
		key, err := b.value(node.Content[i])
		if err != nil {
			return nil, err
		}
		switch key.(type) {
		case []any, *mapping:
			return nil, atLine(node.Content[i], "found unhashable key")
		}
		value, err := b.value(node.Content[i+1])
		if err != nil {
			return nil, err
		}
		built.put(key, value)
	}
	return built, nil
}

// isMerge says whether a key is the "<<" that takes in another mapping, or several of which the first has the last word.
func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && isPlain(key) && key.Value == "<<"
}

func (b *builder) merge(into *mapping, from *yaml.Node) error {
	value, err := b.value(from)
	if err != nil {
		return err
	}
	sources, ok := value.([]any)
	if !ok {
		sources = []any{value}
	}
	for i := len(sources) - 1; i >= 0; i-- {
		source, ok := sources[i].(*mapping)
		if !ok {
			return atLine(from, "expected a mapping or list of mappings for merging")
		}
		for _, key := range source.keys {
			into.put(key, source.values[show(key)])
		}
	}
	return nil
}
