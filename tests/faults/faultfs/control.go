package main

import (
	"encoding/json"
	"fmt"
	"net"
)

// order is a line of JSON at the socket; its answer is another, and one connection brings one order.
//
//	{"do": "rule", ...}                     a fault (rule.go); answers {"rule": its number}
//	{"do": "full", "full": true}            whether statfs says that nothing is free
//	{"do": "wait", "rule": N, "times": M}   answers once the fault of rule N has happened M times
//	{"do": "clear"}                         ends all rules and faults; what waits goes on
//	{"do": "trace"}                         answers {"trace": [...]}: the operations since this was asked last (disk.go)
//	{"do": "track"}                         what is there now is durable; begins to follow what becomes so
//	{"do": "after cut", "into": FOLDER, "synced": true}
//	                                        writes what the disk holds after the power has failed (power.go)
type order struct {
	Do     string `json:"do"`
	Full   bool   `json:"full"`
	Rule   int    `json:"rule"`
	Times  int    `json:"times"`
	Into   string `json:"into"`
	Synced bool   `json:"synced"`
}

type answer struct {
	Error string      `json:"error,omitempty"`
	Rule  int         `json:"rule"`
	Trace []operation `json:"trace,omitempty"`
}

func listen(socket string) (net.Listener, error) { return net.Listen("unix", socket) }

// serve answers until the listener is closed.
func serve(listener net.Listener, d *disk) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = connection.Close() }()
			var text json.RawMessage
			if json.NewDecoder(connection).Decode(&text) == nil {
				_ = json.NewEncoder(connection).Encode(obey(d, text))
			}
		}()
	}
}

func obey(d *disk, text []byte) (a answer) {
	var o order
	err := json.Unmarshal(text, &o)
	if err != nil {
		return answer{Error: err.Error()}
	}
	switch o.Do {
	case "rule":
		a.Rule, err = addRule(d, text)
	case "full":
		d.setFull(o.Full)
	case "wait":
		if r := d.rule(o.Rule); r != nil {
			d.waitUntilMet(r, o.Times)
		}
	case "clear":
		d.clear()
	case "trace":
		a.Trace = d.takeTrace()
	case "track":
		err = d.track()
	case "after cut":
		err = d.afterCut(o.Into, o.Synced)
	default:
		err = fmt.Errorf("no order is called %q", o.Do)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func addRule(d *disk, text []byte) (int, error) {
	r := &rule{}
	if err := json.Unmarshal(text, r); err != nil {
		return 0, err
	}
	if err := r.check(); err != nil {
		return 0, err
	}
	return d.add(r), nil
}
