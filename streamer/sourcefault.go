package main

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

const (
	rtspForm    = "rtsp://USER:PASSWORD@HOST:PORT/PATH"
	rtspEscapes = "write / as %2F, ? as %3F, # as %23 and @ as %40 in user, password and path"
	sources     = "demo, a video file, - (H.264 in Annex-B form on standard input), rpicam, rtsp://..., /dev/videoN"
)

// sourceFault is why petcam-feed can never play a source, whatever there is on this machine; empty: it may.
// petcam/feed/sources has the same in Python.
func sourceFault(word string) string {
	scheme, rest, isURL := strings.Cut(word, "://")
	switch lower := strings.ToLower(scheme); {
	case isURL && (lower == "rtsp" || lower == "rtsps"):
		return urlFault(rest)
	case word == "-":
		return "a service has no standard input; let the program that writes it run petcam feed -"
	case !slices.Contains([]string{"", "demo", "rpicam"}, word) && !strings.HasPrefix(word, "/"):
		return word + ": a service needs the whole path of a file, from its first / on; possible are " + sources
	}
	return ""
}

// urlFault looks at what stands behind the scheme: a password with a / in it is taken for a host.
func urlFault(rest string) string {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, isURL := hostOf(rest[strings.LastIndex(rest[:end], "@")+1 : end])
	switch {
	case !isURL:
		return "the rtsp:// URL is not of the form " + rtspForm + "; " + rtspEscapes
	case strings.Contains(rest[end:], "@"):
		return "the rtsp:// URL has an @ behind its host: " + rtspEscapes
	case host == "":
		return "the rtsp:// URL names no host: " + rtspForm
	}
	return ""
}

// hostOf is that before a port.
func hostOf(text string) (host string, isURL bool) {
	host, port, hasPort := strings.Cut(text, ":")
	if strings.ContainsAny(text, "[]") {
		inner, behind, isClosed := strings.Cut(strings.TrimPrefix(text, "["), "]")
		if _, err := netip.ParseAddr(inner); err != nil || !isClosed || text[0] != '[' || behind != "" && behind[0] != ':' {
			return "", false
		}
		host, port, hasPort = inner, strings.TrimPrefix(behind, ":"), behind != ""
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return host, !hasPort || port == "" || err == nil
}
