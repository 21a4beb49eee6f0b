package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/httpapi"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/site/feed"
	"petcam/streamer/internal/site/live"
	"petcam/streamer/internal/site/login"
	"petcam/streamer/internal/site/turns"
	"petcam/streamer/internal/switches"
)

// tableRoute is one of tests/routes.json, which has all of petcam-web's; tests/unit/web/test_route_table.py holds Python to it.
type tableRoute struct {
	Method, Path string
	Marks        []string
	By           string // the room
}

func (r tableRoute) text() string {
	slices.Sort(r.Marks)
	return r.Method + " " + r.Path + " " + strings.Join(r.Marks, " ")
}

func ownRoute(r site.Route) tableRoute {
	own := tableRoute{Method: r.Method, Path: r.Path}
	for mark, name := range map[site.Mark]string{
		site.Page: "PAGE", site.ForEverybody: "FOR_EVERYBODY", site.ForViewers: "FOR_VIEWERS", site.ForOwner: "FOR_OWNER",
		site.ForPrograms: "FOR_PROGRAMS", site.ForSwitches: "FOR_SWITCHES", site.Live: "LIVE",
	} {
		if r.Marks&mark != 0 {
			own.Marks = append(own.Marks, name)
		}
	}
	return own
}

func TestThePageHasTheRoutesOfPetcamWeb(t *testing.T) {
	text, err := os.ReadFile("../tests/routes.json")
	if err != nil {
		t.Fatal(err)
	}
	var table []tableRoute
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	var known, wanted []string
	for _, each := range table {
		known = append(known, each.text())
		if each.By != "site" { // the site's is that of static files
			wanted = append(wanted, each.text())
		}
	}
	log := slog.New(slog.DiscardHandler)
	w := &website{
		service: &Service{log: log, settings: config.Default()},
		login:   login.New(login.Options{}),
		live:    live.New(live.Options{API: httpapi.New(httpapi.Options{Log: log}), Streams: site.NewStreams(16)}),
		turns:   turns.New(turns.Options{Camera: switches.Camera(t.TempDir(), "", log), Sound: switches.Sound(t.TempDir(), "", log)}),
		feed:    feed.New(feed.Options{}),
	}
	var own []string
	for _, each := range w.routes() {
		own = append(own, ownRoute(each).text())
	}
	for _, each := range wanted {
		if !slices.Contains(own, each) {
			t.Error("missing: ", each)
		}
	}
	for _, each := range own {
		if !slices.Contains(known, each) {
			t.Error("not petcam-web's: ", each)
		}
	}
}
