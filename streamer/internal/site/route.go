package site

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Mark says who may use a route. One without marks is for those who are logged in; a change (POST, PUT, DELETE) is for the
// owner alone; errors are answered in JSON.
type Mark uint8

// The marks; a route has any of them.
const (
	Page         Mark = 1 << iota // a person reads the answer: errors are words, and who is not logged in goes to the login
	ForEverybody                  // also for those who are not logged in
	ForViewers                    // a change that viewers may make too
	ForOwner                      // viewers may not even look
	ForPrograms                   // a viewing token opens it
	ForSwitches                   // so does one that may turn the camera
	Live                          // it shows or records what the camera sees now: refused while that is off
)

// Handler answers a request. What it returns as an error is answered in its place, where nothing was written yet.
type Handler func(w http.ResponseWriter, r *Request) error

// Route is a path with its handler. In Path "<name>" stands for one part of it, and "<path:name>" for all that is left.
// GET serves HEAD too; OPTIONS is answered by itself.
type Route struct {
	Method, Path string
	Marks        Mark
	Handle       Handler

	names []string // of what stands in Path
	keeps bool     // its answers may be kept by caches
}

func (t *Route) takes(method string) bool {
	return method == t.Method || method == http.MethodOptions || method == http.MethodHead && t.Method == http.MethodGet
}

// node is where a path's parts have led to.
type node struct {
	parts  map[string]*node
	any    *node // by one part, whatever it is
	rest   *node // by all that is left
	routes []*Route
}

const restPrefix = "<path:"

// add makes a route known. Of several for one path the first that takes a method has it.
func (n *node) add(route *Route) {
	for _, part := range strings.Split(route.Path, "/")[1:] {
		next := &n.rest
		switch {
		case strings.HasPrefix(part, restPrefix):
			route.names = append(route.names, part[len(restPrefix):len(part)-1])
		case strings.HasPrefix(part, "<"):
			route.names = append(route.names, part[1:len(part)-1])
			next = &n.any
		default:
			if n.parts == nil {
				n.parts = map[string]*node{}
			}
			found := n.parts[part]
			next = &found
			if found == nil {
				found = &node{}
				n.parts[part] = found
			}
		}
		if *next == nil {
			*next = &node{}
		}
		n = *next
	}
	n.routes = append(n.routes, route)
}

// found is what a path led to.
type found struct {
	route   *Route
	values  []string
	allowed map[string]bool // methods that the path's other routes take
}

// find looks for the route as werkzeug does: what is written down before what stands for anything.
func (n *node) find(path, method string) (f found) {
	f.allowed = map[string]bool{}
	n.look(strings.Split(path, "/")[1:], method, nil, &f)
	return f
}

func (n *node) look(parts []string, method string, values []string, f *found) bool {
	if len(parts) == 0 {
		for _, route := range n.routes {
			if route.takes(method) {
				f.route, f.values = route, values
				return true
			}
			for _, each := range []string{route.Method, http.MethodHead, http.MethodOptions} {
				f.allowed[each] = f.allowed[each] || route.takes(each)
			}
		}
		return false
	}
	if next := n.parts[parts[0]]; next != nil && next.look(parts[1:], method, values, f) {
		return true
	}
	if n.any != nil && parts[0] != "" && n.any.look(parts[1:], method, append(slices.Clip(values), parts[0]), f) {
		return true
	}
	rest := strings.Join(parts, "/")
	return n.rest != nil && parts[0] != "" && !strings.Contains(rest, "\n") &&
		n.rest.look(nil, method, append(slices.Clip(values), rest), f)
}

// methods are those that are allowed, for the header Allow.
func (f *found) methods() string {
	var all []string
	for _, method := range slices.Sorted(maps.Keys(f.allowed)) {
		if f.allowed[method] {
			all = append(all, method)
		}
	}
	return strings.Join(all, ", ")
}

// withoutDoubled is a path without slashes behind slashes.
func withoutDoubled(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path
}
