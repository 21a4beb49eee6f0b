package site

import (
	"net/http"
	"strings"
	"unicode"
)

// SitePath is the path of a route as the browser has to ask for it.
func (r *Request) SitePath(path string) string { return r.Root + path }

// URLFor is SitePath with arguments: names, each with its value.
func (r *Request) URLFor(path string, arguments ...string) string {
	var pairs []pair
	for at := 0; at+1 < len(arguments); at += 2 {
		pairs = append(pairs, pair{arguments[at], arguments[at+1]})
	}
	if pairs == nil {
		return r.SitePath(path)
	}
	return r.SitePath(path) + "?" + writePairs(pairs, "!$'()*,/:;?@")
}

// LocalPath is target where it is a path on this site, else "/". Browsers read "//host" and "/\host" as a host.
func LocalPath(target string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.HasPrefix(target, `/\`) ||
		strings.ContainsFunc(target, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "/"
	}
	return target
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

// Redirect leads to path, which SitePath or URLFor gives. It has no host, which is right by whatever name petcam was opened.
func (r *Request) Redirect(w http.ResponseWriter, path string, status int) {
	redirect(w, "", path, status)
}

// redirectAbsolutely leads to another path of the site for good, with the same query.
func (r *Request) redirectAbsolutely(w http.ResponseWriter, path string) {
	origin := "http://" + strings.ToLower(strings.TrimSuffix(r.Host, ":80"))
	if r.Secure {
		origin = "https://" + strings.ToLower(strings.TrimSuffix(r.Host, ":443"))
	}
	address := r.SitePath(quote(path, "!$&'()*+,/:;=@"))
	if r.Query != "" {
		address += "?" + r.Query
	}
	redirect(w, origin, address, http.StatusPermanentRedirect)
}

func redirect(w http.ResponseWriter, origin, path string, status int) {
	shown := escaper.Replace(origin + path)
	w.Header().Set("Location", origin+asAddress(path))
	writeBody(w, status, "text/html", []byte("<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n"+
		"<h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: "+
		`<a href="`+shown+`">`+shown+"</a>. If not, click the link.\n"))
}
