package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"petcam/streamer/internal/config"
)

const askingTimeout = 5 * time.Second

// outOfSight is a line for each path of petcam.yaml that the services' sandbox hides from them (ProtectHome=,
// PrivateTmp=), with the remedy. What a drop-in has opened is no fault. petcam/commands/service_paths.py is the same in
// Python.
func outOfSight(settings config.Config) (mistakes []string) {
	for _, each := range []struct{ key, unit, path string }{
		{"web.tls_cert", "petcam-streamer.service", settings.Web.TLSCert},
		{"web.tls_key", "petcam-streamer.service", settings.Web.TLSKey},
		{"camera.source", "petcam-feed.service", settings.Camera.Source},
		{"recording.directory", "petcam-streamer.service", settings.Recording.Directory},
	} {
		if place := privatePlace(each.path); place != "" && !opens(each.unit, place, each.path) {
			mistakes = append(mistakes, fmt.Sprintf("%s: %s is below %s, where %s sees a folder of its own; move it to another "+
				"place, such as /srv, where the user petcam may use it", each.key, each.path, place, each.unit))
		}
	}
	return mistakes
}

// privatePlaces are where the services see folders of their own.
func privatePlaces() []string { return []string{"/home", "/root", "/run/user", "/tmp", "/var/tmp"} }

// privatePlace is where a path lies, or where it leads by links; empty: elsewhere.
func privatePlace(path string) string {
	if !strings.HasPrefix(path, "/") {
		return ""
	}
	links := maxLinks
	for _, each := range []string{path, realPath(path, &links)} {
		for _, place := range privatePlaces() {
			if isBelow(each, place) {
				return place
			}
		}
	}
	return ""
}

func isBelow(path, place string) bool { return strings.HasPrefix(path+"/", place+"/") }

const maxLinks = 40 // as the kernel follows

// realPath is a path without links, whether or not anything is there; of more links than that it follows none.
func realPath(path string, links *int) string {
	path = filepath.Clean(path)
	if path == "/" {
		return path
	}
	folder := realPath(filepath.Dir(path), links)
	path = filepath.Join(folder, filepath.Base(path))
	to, err := os.Readlink(path)
	if *links--; err != nil || *links < 0 {
		return path
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(folder, to)
	}
	return realPath(to, links)
}

// opens says whether the unit, as it is installed here, lets the service see a path.
func opens(unit, place, path string) bool {
	said := unitSettings(unit)
	if said["LoadState"] != "loaded" {
		return false
	}
	setting := "ProtectHome"
	if strings.HasSuffix(place, "/tmp") {
		setting = "PrivateTmp"
	}
	if said[setting] == "no" || said[setting] == "read-only" {
		return true
	}
	for bound := range strings.FieldsSeq(said["BindPaths"] + " " + said["BindReadOnlyPaths"]) {
		if parts := strings.Split(bound, ":"); len(parts) > 1 && isBelow(path, parts[1]) {
			return true
		}
	}
	return false
}

// unitSettings are empty where there is no systemd to ask.
func unitSettings(unit string) map[string]string {
	said, found := ask("systemctl", "show", "--property=LoadState,ProtectHome,PrivateTmp,BindPaths,BindReadOnlyPaths", unit), map[string]string{}
	for line := range strings.Lines(said) {
		if name, value, is := strings.Cut(strings.TrimSpace(line), "="); is {
			found[name] = value
		}
	}
	return found
}

// ask is what another program prints; empty where there is none, or it does not end in time.
func ask(program string, words ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), askingTimeout)
	defer cancel()
	asked := exec.CommandContext(ctx, program, words...)
	asked.WaitDelay = time.Second
	said, err := asked.Output()
	if ctx.Err() != nil || err != nil && asked.ProcessState == nil {
		return ""
	}
	return string(said)
}
