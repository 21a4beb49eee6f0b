package state

import (
	"maps"
	"slices"
)

// Field is one of an object, which is to be written. Values are those that Value gives, int64 and Fields.
type Field struct {
	Name  string
	Value any
}

// Fields are those of an object, in the order in which they are written.
type Fields []Field

// JSON is a value as Python's json.dumps writes it, in ASCII.
func JSON(value any) ([]byte, error) { return asciiJSON.append(nil, value) }

// PlainJSON is a value as Python's json.dumps with ensure_ascii=False writes it, in UTF-8.
func PlainJSON(value any) ([]byte, error) { return plainJSON.append(nil, value) }

// sorted has the keys by their UTF-8, which is the order of code points that Python sorts by.
func sorted(object map[string]any) Fields {
	fields := make(Fields, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		fields = append(fields, Field{name, object[name]})
	}
	return fields
}

// object is the same without its order, at each depth.
func (f Fields) object() map[string]any {
	object := make(map[string]any, len(f))
	for _, each := range f {
		object[each.Name] = unordered(each.Value)
	}
	return object
}

func unordered(value any) any {
	switch value := value.(type) {
	case Fields:
		return value.object()
	case []any:
		list := make([]any, len(value))
		for i, each := range value {
			list[i] = unordered(each)
		}
		return list
	}
	return value
}
