package live

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"petcam/streamer/internal/site"
)

// Beside is what else the health has: Tell gives it, Name is its name.
type Beside struct {
	Name string
	Tell func() site.Object
}

// NoEvents is what the health says of petcam-events, which this service does not ask.
func NoEvents() site.Object {
	return site.Object{
		{Name: "running", Value: false}, {Name: "status", Value: ""},
		{Name: "trouble", Value: "petcam-events does not run: sudo systemctl start petcam.target"},
	}
}

// healthz says that the page is served; to programs on the board also what is damaged, each in one line with the remedy.
func (l *Live) healthz(w http.ResponseWriter, r *site.Request) error {
	answer := site.Object{{Name: "status", Value: "ok"}}
	if r.From.IsLoopback() {
		faults := []string{}
		for _, each := range l.Troubles() {
			faults = append(faults, each.Message)
		}
		answer = append(answer, site.Member{Name: "faults", Value: faults})
	}
	site.JSON(w, http.StatusOK, answer)
	return nil
}

// health is the streamer's, and what is beside it. Nobody watches by MJPEG here.
func (l *Live) health() site.Handler {
	handle := l.API.Direct(http.MethodGet, healthPath)
	return func(w http.ResponseWriter, r *site.Request) error {
		answer, err := asked{method: http.MethodGet, path: healthPath}.ask(r.Context(), handle)
		if err != nil {
			return err
		}
		beside := site.Object{{Name: "mjpeg_clients", Value: 0}}
		for _, each := range l.Beside {
			beside = append(beside, site.Member{Name: each.Name, Value: each.Tell()})
		}
		site.JSON(w, http.StatusOK, json.RawMessage(joined(answer.body.Bytes(), site.AppendJSON(nil, beside))))
		return nil
	}
}

// unescaped undoes what encoding/json escapes for HTML.
var unescaped = strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u2028`, "\u2028", `\u2029`, "\u2029")

// joined is one object with the members of two, none of which is empty.
func joined(one, other []byte) []byte {
	one = bytes.TrimSuffix(bytes.TrimSpace(one), []byte("}"))
	return append([]byte(unescaped.Replace(string(one))+","), other[1:]...)
}
