package live

import (
	"net/http"

	"petcam/streamer/internal/site"
)

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
