package rtc

import (
	"bytes"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/pion/stun/v3"
)

// strangePackets are what a stranger sends to the port: garbage, STUN without a user and with one that nobody has, a
// DTLS hello, RTP and RTCP.
func strangePackets(t *testing.T) (all [][]byte) {
	t.Helper()
	for _, setters := range [][]stun.Setter{
		{stun.TransactionID, stun.BindingRequest},
		{stun.TransactionID, stun.BindingRequest, stun.NewUsername("nobody:me"), stun.NewShortTermIntegrity("x"), stun.Fingerprint},
		{stun.TransactionID, stun.BindingSuccess, stun.NewUsername("\x1b[2J\nforged")},
	} {
		message, err := stun.Build(setters...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, message.Raw, message.Raw[:len(message.Raw)-1])
	}
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1}, bytes.Repeat([]byte{1}, 256)...)
	return append(all, nil, []byte{0}, bytes.Repeat([]byte{0xff}, 1400), hello, bytes.Repeat([]byte{0x80}, 200), []byte{0x80, 200, 0, 1})
}

func TestPacketsOfStrangersLeaveNothingBehindAndAreNotLogged(t *testing.T) {
	var log strings.Builder // only the server's goroutines write, and it is read after Close
	s := start(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }, defaultTimeouts())
	v := join(t, s)
	publish(s, 0, 0, 100)
	v.Frame()
	before, packets := runtime.NumGoroutine(), strangePackets(t)
	to := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(s.mux.port)}
	for range 200 { // each from a port of its own
		socket, err := net.DialUDP("udp4", nil, &to)
		if err != nil {
			t.Fatal(err)
		}
		for _, packet := range packets {
			_, _ = socket.Write(packet)
		}
		_ = socket.Close()
	}
	publish(s, 1, 1, 100)
	v.Frame() // the port still works
	join(t, s).Close()
	if now := runtime.NumGoroutine(); now > before+20 { // the second viewer may still be leaving
		t.Errorf("%d goroutines, %d before", now, before)
	}
	s.Close()
	if strings.Contains(log.String(), "STUN") || strings.Count(log.String(), "\n") > 4 {
		t.Errorf("the log says %s", &log)
	}
}
