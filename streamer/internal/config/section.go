package config

import (
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// section is a section of the file and the keys that it may hold.
type section struct {
	name string
	keys []key
}

// key is a key of a section; place is its field.
type key struct {
	kind
	name      string
	byDefault string
	place     reflect.Value
}

// sections lists every key with its place in config.
func sections(config *Config) (all []section) {
	eachField(reflect.ValueOf(config).Elem(), func(tag reflect.StructTag, fields reflect.Value) {
		found := section{name: tag.Get("key")}
		eachField(fields, func(tag reflect.StructTag, place reflect.Value) {
			kind := kindOf(place.Kind(), tag.Get("allowed"))
			found.keys = append(found.keys, key{kind, tag.Get("key"), tag.Get("default"), place})
		})
		all = append(all, found)
	})
	return all
}

func eachField(of reflect.Value, do func(reflect.StructTag, reflect.Value)) {
	for i := range of.NumField() {
		do(of.Type().Field(i).Tag, of.Field(i))
	}
}

func (s section) has(name string) bool {
	return slices.ContainsFunc(s.keys, func(k key) bool { return k.name == name })
}

func (s section) names() (all []string) {
	for _, key := range s.keys {
		all = append(all, key.name)
	}
	return all
}

func names(sections []section) (all []string) {
	for _, section := range sections {
		all = append(all, section.name)
	}
	return all
}

// unknown warns of a key of a newer petcam, or of one that was meant for another.
func unknown(line int, kind, name, meant string) Warning {
	words := fmt.Sprintf("line %d: unknown %s %s is ignored", line, kind, shown(name))
	if meant == "" {
		return Warning{Words: words}
	}
	return mistake("%s; did you mean %s?", words, meant)
}

// meant is the key that an unknown one was meant for: one of the same section, or of the only other that has it.
func (s section) meant(name string, all []section) string {
	if found := nearest(name, s.names()); found != "" {
		return found
	}
	var others []string
	for _, other := range all {
		if other.has(name) {
			others = append(others, other.name+"."+name)
		}
	}
	if len(others) != 1 {
		return ""
	}
	return others[0]
}

// read puts the section's texts where its keys want them; all are the sections of the file.
func (s section) read(given []entry, all []section) (warnings []Warning, err error) {
	mine, err := entries(valueOf(given, s.name), s.name+": must hold keys")
	if err != nil {
		return nil, err
	}
	for _, each := range mine {
		if !s.has(each.name) {
			warnings = append(warnings, unknown(each.line, "key", s.name+"."+each.name, s.meant(each.name, all)))
		}
	}
	var hopeless []Warning
	for _, key := range s.keys {
		node := valueOf(mine, key.name)
		if isEmpty(node) { // an emptied key means its default
			continue
		}
		if bad := key.read(node); bad != nil {
			return nil, atLine(bad, "%s.%s: %s is not allowed; it must be %s", s.name, key.name, key.quoted(bad), key.words)
		}
		hopeless = append(hopeless, s.hopeless(key, node)...)
	}
	return append(warnings, hopeless...), nil
}

// hopeless warns of what is allowed and cannot work, in a value or in each of a list.
func (s section) hopeless(key key, node *yaml.Node) (warnings []Warning) {
	values := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		values = node.Content
	}
	for _, each := range values {
		if key.works != nil && !key.works(each.Value) {
			warnings = append(warnings, mistake("line %d: %s.%s: %s cannot work; it must be %s",
				each.Line, s.name, key.name, key.quoted(each), key.words))
		}
	}
	return warnings
}

// read takes the key's value from a node, or returns the one that is not allowed.
func (k key) read(node *yaml.Node) (bad *yaml.Node) {
	if k.place.Kind() != reflect.Slice {
		return k.set(k.place, node)
	}
	if node.Kind != yaml.SequenceNode {
		return node
	}
	items := reflect.Zero(k.place.Type())
	for _, item := range node.Content {
		text := reflect.New(k.place.Type().Elem()).Elem()
		if bad := k.set(text, item); bad != nil {
			return bad
		}
		items = reflect.Append(items, text)
	}
	k.place.Set(items)
	return nil
}

// set puts the value of a scalar's text into place, or returns it if it is not allowed.
func (k key) set(place reflect.Value, node *yaml.Node) (bad *yaml.Node) {
	value, ok := k.value(node.Value)
	if node.Kind != yaml.ScalarNode || !ok {
		return node
	}
	place.Set(reflect.ValueOf(value).Convert(place.Type()))
	return nil
}
