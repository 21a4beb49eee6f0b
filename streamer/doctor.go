package main

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/logs"
	"petcam/streamer/internal/network"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/remedy"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/tlsproxy"
)

const (
	lowSpaceBytes  = 1 << 30       // with less there is a warning
	minSpaceBytes  = 100 << 20     // with less nothing can be recorded
	earliestTime   = 1_790_000_000 // Unix time; a clock that is before it is wrong
	avahiDirectory = "/run/avahi-daemon"
	healthTimeout  = 3 * time.Second
	maxHealthBytes = 1 << 20
	startRemedy    = "sudo systemctl start petcam.target; why it ended: sudo journalctl -u 'petcam*'"
)

// sign is how a line begins.
type sign string

const (
	fine   sign = "✓ ok  "
	look   sign = "! look"
	broken sign = "✗ bad "
)

// errBroken ends the command with status 1: its lines have said all.
var errBroken = errors.New("something is broken")

// doctor says what works on this board and what does not, with the remedy: of petcam/commands/doctor*.py what concerns this
// service, in the same words.
type doctor struct {
	folder   string // to be tried for another process
	out      io.Writer
	config   config.Config
	isBroken bool
}

func newDoctorCommand() *command {
	d := &doctor{}
	return &command{
		usage: "petcam-streamer doctor [--config FILE]",
		flags: func(flags *flag.FlagSet) { flags.StringVar(&d.folder, "try", "", "") },
		bare:  d.run,
	}
}

func (d *doctor) run(on console, file string, words []string) (err error) {
	switch {
	case len(words) > 0:
		return errUsage
	case d.folder != "":
		fmt.Fprintln(on.out, int(tryFolder(d.folder)))
		return nil
	}
	if d.config, err = config.Load(file, slog.New(logs.New(on.err))); err != nil {
		return badConfig{err.Error()}
	}
	d.out = on.out
	d.examine(cmp.Or(file, config.DefaultPath))
	if d.isBroken {
		return errBroken
	}
	return nil
}

// say prints a line.
func (d *doctor) say(sign sign, subject, words string, values ...any) {
	d.isBroken = d.isBroken || sign == broken
	fmt.Fprintf(d.out, "%s  %-15s %s\n", sign, subject, fmt.Sprintf(words, values...))
}

func (d *doctor) examine(file string) {
	d.checkFile(file)
	if own, err := os.Executable(); err == nil {
		d.say(fine, "streamer", "%s: petcam-streamer %s", own, version)
	}
	health := d.checkServices()
	d.checkCamera()
	d.checkGroup()
	isDiskThere := health.RecordingReason != record.DiskNotMounted
	d.checkFolders(isDiskThere)
	if isDiskThere {
		d.checkSpace()
	}
	d.checkClock(time.Now())
	d.checkState()
	d.checkLogin()
	if d.config.Web.TLS != "off" {
		d.checkTLS()
	}
	d.checkPage()
	if remedy.IsAlone() {
		d.say(fine, "other services", "feed, detector, events and telling need the package petcam, which is not installed")
	} else {
		d.say(fine, "other services", "feed, detector, events and telling are petcam's: sudo petcam doctor")
	}
}

func (d *doctor) checkFile(file string) {
	if exists(file) {
		d.say(fine, "configuration", "%s", file)
	} else {
		d.say(look, "configuration", "%s", config.Missing(file))
	}
}

// told is what of GET /health is looked at.
type told struct {
	Faults          []string `json:"faults"`
	RecordingMode   string   `json:"recording_mode"`
	RecordingReason string   `json:"recording_reason"`
	ByItself        struct {
		Error  string `json:"error"`
		Reason string `json:"reason"`
	} `json:"by_itself"`
}

// checkServices looks on each port whether petcam answers, or the port is free for it, and repeats what is told there.
func (d *doctor) checkServices() (said told) {
	web, streamer := d.config.Web, d.config.Streamer
	health, runs := get(streamer.Host, streamer.Port, "/health")
	_, webRuns := get(web.Host, web.Port, "/healthz")
	if !webRuns && web.Server != "go" && remedy.IsAlone() {
		d.say(look, "web port", "nobody serves the page, as petcam-web is not installed: write web.server: go, then: %s", restart)
	} else {
		d.checkPort("web port", webRuns, "tcp", "web.port", web.Host, web.Port)
	}
	d.checkPort("streamer port", runs, "tcp", "streamer.port", streamer.Host, streamer.Port)
	d.checkPort("media port", runs, "udp", "webrtc.udp_port", streamer.Host, d.config.WebRTC.UDPPort)
	if json.Unmarshal(health, &said) != nil {
		return told{} // another program has the port
	}
	for _, fault := range said.Faults {
		d.say(broken, "files", "%s", fault)
	}
	if itself := said.ByItself; itself.Error != "" && itself.Reason != record.DiskNotMounted {
		d.say(broken, "recording", "nothing is recorded by itself: %s", itself.Error)
	}
	mode := d.config.Recording.Mode
	if said.RecordingMode != mode && slices.Contains([]string{"manual", "visits", "always"}, said.RecordingMode) {
		d.say(fine, "recording", "the mode is %s, as was chosen on the page, or petcam.yaml was changed since the start; "+
			"recording.mode is %s", said.RecordingMode, mode)
	}
	return said
}

// get is what this machine's service answers with status 200.
func get(host string, port int, path string) (body []byte, ok bool) {
	client := http.Client{Timeout: healthTimeout}
	answer, err := client.Get("http://" + net.JoinHostPort(ownHost(host), strconv.Itoa(port)) + path)
	if err != nil {
		return nil, false
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxHealthBytes))
	return body, err == nil && answer.StatusCode == http.StatusOK
}

func (d *doctor) checkPort(subject string, runs bool, protocol, key, host string, port int) {
	switch {
	case runs:
		d.say(fine, subject, "%d: petcam answers", port)
	case !isFree("tcp", host, 0):
		d.say(broken, subject, "%s (%s) is no address of this machine now; petcam waits until it is", host, hostKey(key))
	case isFree(protocol, host, port):
		d.say(look, subject, "%d is free, petcam is not running: %s", port, startRemedy)
	default:
		d.say(broken, subject, "%d on %s is taken by another program: end it or change %s", port, host, key)
	}
}

// isFree says whether a service could have the port now. One on an address that is not this machine's is not free either.
func isFree(protocol, host string, port int) bool {
	var opened io.Closer
	var err error
	if protocol == "udp" {
		opened, err = net.ListenPacket("udp", net.JoinHostPort(host, strconv.Itoa(port)))
	} else {
		opened, err = listen(host, port)
	}
	if err != nil {
		return false
	}
	_ = opened.Close()
	return true
}

func (d *doctor) checkGroup() {
	group, err := user.LookupGroup("petcam")
	if err != nil {
		d.say(look, "group", "there is no group petcam; the package makes it, a checkout needs none")
		return
	}
	name := ownName()
	all, _ := os.Getgroups()
	if number, _ := strconv.Atoi(group.Gid); os.Geteuid() == 0 || slices.Contains(all, number) {
		d.say(fine, "group", "%s may read the segments", name)
		return
	}
	d.say(look, "group", "%[1]s is not in group petcam: sudo usermod -aG petcam %[1]s, log in again", name)
}

// ownName is of the user who asks.
func ownName() string {
	if name := cmp.Or(os.Getenv("LOGNAME"), os.Getenv("USER")); name != "" {
		return name
	}
	own, err := user.Current()
	if err != nil {
		return strconv.Itoa(os.Getuid())
	}
	return own.Username
}

func (d *doctor) checkSpace() {
	directory := d.config.Recording.Directory
	existing := directory
	for !exists(existing) {
		existing = filepath.Dir(existing)
	}
	var disk unix.Statfs_t
	_ = unix.Statfs(existing, &disk) // a disk that says nothing has no room
	free := disk.Bavail * uint64(disk.Bsize)
	words := fmt.Sprintf("%.1f GiB free for %s", float64(free)/(1<<30), directory)
	switch {
	case free < minSpaceBytes:
		d.say(broken, "disk", "%s: nothing can be recorded; delete something", words)
	case free < lowSpaceBytes:
		d.say(look, "disk", "%s: set recording.max_bytes or delete something", words)
	default:
		d.say(fine, "disk", "%s", words)
	}
}

func (d *doctor) checkClock(now time.Time) {
	said := now.Format("2006-01-02 15:04")
	if now.Unix() >= earliestTime {
		d.say(fine, "clock", "%s", said)
		return
	}
	remedy := "sudo apt install systemd-timesyncd"
	if strings.TrimSpace(ask("timedatectl", "show", "--property=CanNTP", "--value")) == "yes" {
		remedy = "sudo timedatectl set-ntp true"
	}
	d.say(look, "clock", "%s: recordings get wrong dates: %s", said, remedy)
}

// checkTLS gives the fingerprint, by which the owner can tell that the certificate a browser warns about is this board's.
func (d *doctor) checkTLS() {
	web := d.config.Web
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: askingTimeout},
		Config:    &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, // who it is, is what is asked
	}
	opened, err := dialer.Dial("tcp", net.JoinHostPort(ownHost(web.Host), strconv.Itoa(web.TLSPort)))
	if err != nil {
		d.say(broken, "HTTPS", "web.tls is %s, but nothing answers on port %d: sudo journalctl -u petcam-streamer says why",
			web.TLS, web.TLSPort)
		return
	}
	defer opened.Close()
	shown := opened.(*tls.Conn).ConnectionState().PeerCertificates[0]
	d.say(fine, "HTTPS", "port %d, certificate SHA-256 %s", web.TLSPort,
		tlsproxy.Fingerprint(&tls.Certificate{Certificate: [][]byte{shown.Raw}}))
}

// checkPage says by which addresses phones open the page.
func (d *doctor) checkPage() {
	web := d.config.Web
	address := func(host string) string { return "http://" + net.JoinHostPort(host, strconv.Itoa(web.Port)) }
	if web.Host != "0.0.0.0" && web.Host != "::" {
		d.say(fine, "page", "%s", address(ownHost(web.Host)))
		return
	}
	url := address(site.LANAddress())
	if !exists(avahiDirectory) {
		d.say(look, "page", "%s; phones find it by its name after: sudo apt install avahi-daemon", url)
		return
	}
	host, _ := os.Hostname()
	short, _, _ := strings.Cut(host, ".")
	d.say(fine, "page", "%s or %s", url, address(strings.ToLower(short)+".local"))
}

// checkLogin says whether anybody can log in.
func (d *doctor) checkLogin() {
	if d.config.Auth.Mode == "none" {
		if network.IsLoopback(d.config.Web.Host) {
			d.say(fine, "login", "none, for this machine only")
		} else {
			d.say(look, "login", "auth.mode is none: everybody who reaches the port sees the camera")
		}
		return
	}
	generation, err := ownersGeneration(state.Directory())
	switch {
	case state.IsForLackOfPermission(err):
		d.say(look, "login", "only root sees whether a password is set: sudo petcam doctor")
	case err != nil:
		d.say(broken, "login", "%s", state.AsError(err).Message)
	case generation == "":
		d.say(look, "login", "no password is set, so nobody gets in: open the page in the first hour, or sudo petcam password")
	default:
		d.say(fine, "login", "a password is set")
	}
}
