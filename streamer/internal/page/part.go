package page

import (
	"encoding/json"
	"fmt"
)

// part is a piece of a page: a text; a variable, written as how says; a choice; or a piece that is there for each row of a
// list.
type part struct {
	kind      kind
	text      string // the text, or the variable's or the list's name
	condition condition
	then      []part // also of each row
	otherwise []part
}

type kind byte

const (
	asItIs  kind = iota // the text
	escaped             // the variable's text, escaped
	raw                 // the variable's text as it is: markup, or JSON made for a page
	say                 // the text of the catalogue whose key is the variable's text
	choice
	each
)

var kindOf = map[string]kind{"text": escaped, "raw": raw, "say": say, "if": choice, "each": each}

// UnmarshalJSON reads what docs/page-bundle.md calls a part.
func (p *part) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &p.text)
	}
	var name string
	var fields []json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || len(fields) < 2 {
		return fmt.Errorf("no part of a page: %.40s", text)
	}
	if err := json.Unmarshal(fields[0], &name); err != nil {
		return err
	}
	p.kind = kindOf[name]
	switch {
	case (p.kind == escaped || p.kind == raw || p.kind == say) && len(fields) == 2:
		return json.Unmarshal(fields[1], &p.text)
	case p.kind == each && len(fields) == 3:
		return unmarshal(fields[1:], &p.text, &p.then)
	case p.kind == choice && len(fields) == 4:
		return unmarshal(fields[1:], &p.condition, &p.then, &p.otherwise)
	}
	return fmt.Errorf("no part of a page: %.40s", text)
}

func unmarshal(fields []json.RawMessage, into ...any) error {
	for at, field := range fields {
		if err := json.Unmarshal(field, into[at]); err != nil {
			return err
		}
	}
	return nil
}

// condition is of a choice.
type condition struct {
	operator string // set, is, not, and, or
	name     string // of the variable
	text     string // that it is
	of       []condition
}

// UnmarshalJSON reads what docs/page-bundle.md calls a condition.
func (c *condition) UnmarshalJSON(text []byte) error {
	var fields []json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || len(fields) < 2 {
		return fmt.Errorf("no condition: %.40s", text)
	}
	if err := json.Unmarshal(fields[0], &c.operator); err != nil {
		return err
	}
	switch {
	case c.operator == "set" && len(fields) == 2:
		return json.Unmarshal(fields[1], &c.name)
	case c.operator == "is" && len(fields) == 3:
		return unmarshal(fields[1:], &c.name, &c.text)
	case c.operator == "not" && len(fields) == 2, (c.operator == "and" || c.operator == "or") && len(fields) == 3:
		c.of = make([]condition, len(fields)-1)
		for at := range c.of {
			if err := json.Unmarshal(fields[at+1], &c.of[at]); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no condition: %.40s", text)
}

func (c *condition) holds(value func(name string) string) bool {
	switch c.operator {
	case "set":
		return value(c.name) != ""
	case "is":
		return value(c.name) == c.text
	case "not":
		return !c.of[0].holds(value)
	case "and":
		return c.of[0].holds(value) && c.of[1].holds(value)
	}
	return c.of[0].holds(value) || c.of[1].holds(value)
}
