// Package access says who may watch and hear: passwords, sessions and their cookies, viewing tokens, keys, and whether the
// state is where it was set up. It reads and writes the same files by the same rules as petcam/access and petcam/web/login,
// which are the reference; docs/state.md has the forms, and tests/state-cases.json holds both together. It imports apierror,
// state and viewingtoken.
package access

// Role is as whom somebody is let in.
type Role string

// A viewer may watch, but change nothing.
const (
	Owner  Role = "owner"
	Viewer Role = "viewer"
)

// roles are both.
func roles() [2]Role { return [2]Role{Owner, Viewer} }
