package site

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"petcam/streamer/internal/fairshare"
)

// The limits of docs/http-api.md.
const (
	maxConnections  = 450
	connectionShare = 32

	maxRequestBytes = 8 << 20
	requestBytes    = 16 << 10 // that each costs besides its body
	requestShare    = 16 * requestBytes
	maxAnswerBytes  = 16 << 20

	maxHeaderBytes = 16 << 10
	maxHeaderLines = 100
	headerSlack    = 4 << 10 // that net/http adds to its bound

	waitFor = time.Minute
)

func bounds() fairshare.Bounds {
	return fairshare.Bounds{
		Connections: maxConnections, ConnectionShare: connectionShare,
		RequestBytes: maxRequestBytes, RequestShare: requestShare, BytesOfRequest: requestBytes,
		AnswerBytes: maxAnswerBytes, Unsent: waitFor,
	}
}

// NewServer serves a site. Give it what Limit makes of a listener.
func NewServer(site http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:                      bounds().Requests().Handler(site),
		ConnContext:                  fairshare.ConnContext,
		ReadHeaderTimeout:            waitFor,
		IdleTimeout:                  waitFor,
		MaxHeaderBytes:               maxHeaderBytes - headerSlack,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Limit bounds the connections of a listener.
func Limit(listener net.Listener, log *slog.Logger) net.Listener {
	return refusing{bounds().Limit(listener, log)}
}

// refusing is a listener on which net/http's own refusals have the form of all other errors.
type refusing struct{ net.Listener }

func (l refusing) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &refusingConn{conn}, nil
}

type refusingConn struct{ net.Conn }

// NetConn is what fairshare counts.
func (c *refusingConn) NetConn() net.Conn { return c.Conn }

// CloseWrite is for net/http, as the connection's below has it.
func (c *refusingConn) CloseWrite() error {
	if below, can := c.Conn.(interface{ CloseWrite() error }); can {
		return below.CloseWrite()
	}
	return errors.ErrUnsupported
}

// ownRefusal is in what net/http writes of itself behind the status; a Site's answers have other headers before these.
var ownRefusal = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

func (c *refusingConn) Write(piece []byte) (int, error) {
	line := bytes.IndexByte(piece, '\r')
	if line < 0 || !bytes.HasPrefix(piece[line:], ownRefusal) || !bytes.HasPrefix(piece, []byte("HTTP/1.1 ")) {
		return c.Conn.Write(piece)
	}
	of := &cannotBeRead
	for _, each := range []*refusal{&headersTooLarge, &unknownEncoding} {
		if bytes.HasPrefix(piece, fmt.Appendf(nil, "HTTP/1.1 %d ", each.status)) {
			of = each
		}
	}
	body := of.body()
	answer := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %d\r\nContent-Type: application/json\r\n"+
		"Date: %s\r\n\r\n%s", of.status, http.StatusText(of.status), len(body), time.Now().UTC().Format(http.TimeFormat), body)
	if _, err := c.Conn.Write(answer); err != nil {
		return 0, err
	}
	return len(piece), nil
}
