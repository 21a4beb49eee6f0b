package httpapi

import "net/http"

// Direct is what answers at a path, without the guard that keeps others from it: for the page, where this service serves
// that too, and has decided whose request it is. The request's RemoteAddr says whose offer it is. Errors are answered as on
// the API's own port. A method that the path does not have is a defect.
func (s *Server) Direct(method, path string) http.HandlerFunc {
	handle := s.routes[path].methods[method]
	if handle == nil {
		panic("httpapi: there is no " + method + " " + path)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if err := handle(w, r); err != nil {
			s.api.writeError(w, r, err)
		}
	}
}

// EndSession ends the streams of a session, and has its unused tokens refused; empty: those of all sessions.
func (s *Server) EndSession(session string) { s.api.end(session) }
