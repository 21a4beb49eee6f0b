package rtc

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/fanout"
)

// restartEvery is how often at most a viewer gets the current group again.
const restartEvery = time.Second

// viewer is one peer connection. The goroutine that runs it owns it; pion's callbacks and the server only call leave,
// and Trickle adds candidates, which pion allows at any time.
type viewer struct {
	server *Server
	guest  Guest
	log    *slog.Logger
	stream *stream
	pc     *webrtc.PeerConnection
	sender *webrtc.RTPSender

	connected chan struct{} // closed once media can flow
	ctx       context.Context
	leave     context.CancelFunc
	watching  atomic.Bool  // connected and not left
	trickled  atomic.Int32 // candidates that came after the offer
}

// connect makes the peer connection of a viewer that will be sent stream.
func (v *viewer) connect(api *webrtc.API) (err error) {
	if v.pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: v.server.iceServers}); err != nil {
		return err
	}
	v.pc.OnConnectionStateChange(v.follow(sync.OnceFunc(func() { close(v.connected) })))
	v.sender, err = v.pc.AddTrack(v.stream)
	return err
}

// follow reacts to the connection's states. Disconnected is not the end: ICE may get through again.
func (v *viewer) follow(connect func()) func(webrtc.PeerConnectionState) {
	return func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			connect()
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			v.leave()
		default:
		}
	}
}

// run serves the viewer until it leaves, then ends its connection.
func (v *viewer) run() {
	defer v.close()
	begin := time.Now()
	select {
	case <-v.connected:
	case <-v.ctx.Done():
		return
	case <-time.After(v.server.handshake):
		v.log.Info("viewer never connected")
		return
	}
	v.log.Info("viewer connected", "after", time.Since(begin).Round(time.Millisecond))
	v.watch()
	v.log.Info("viewer left", "watched", time.Since(begin).Round(time.Second))
}

// close ends the connection and waits for pion's goroutines. Only then the viewer's place is free.
func (v *viewer) close() {
	v.leave()
	if v.pc != nil {
		_ = v.pc.GracefulClose()
	}
	v.server.remove(v)
}

// watch sends frames until the viewer leaves.
func (v *viewer) watch() {
	frames := v.server.hub.Subscribe()
	defer frames.Close()
	v.watching.Store(true)
	defer v.watching.Store(false)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		v.listen(frames)
	}()
	defer func() {
		_ = v.sender.Stop() // ends listen
		<-listening
	}()
	for {
		f, err := frames.Next(v.ctx)
		if err != nil {
			return
		}
		v.server.bytes.Add(uint64(v.stream.send(f)))
		if report := v.stream.report(); report != nil {
			_ = v.pc.WriteRTCP(report)
		}
	}
}

// listen heeds the viewer's RTCP until the sender stops: lost packets are sent again, and a viewer that asks for
// a keyframe gets the current group again. (We cannot ask the camera for another one.) Media servers ask every two
// seconds, whether they have lost anything or not, and hand the group's old pictures on: they must have lost something.
func (v *viewer) listen(frames *fanout.Subscription[*frame]) {
	defer v.leave()
	buffer := make([]byte, 1500)
	restarted, lost := time.Now(), false
	for {
		n, _, err := v.sender.Read(buffer)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buffer[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.TransportLayerNack:
				v.stream.cushion.nacked()
				v.server.repaired.Add(uint64(v.stream.repair(packet)))
			case *rtcp.ReceiverReport:
				lost = lost || reportsLoss(packet)
				v.stream.cushion.reported(packet, time.Now())
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				if time.Since(restarted) >= restartEvery && (lost || !v.guest.isProgram()) {
					restarted, lost = time.Now(), false
					frames.Restart()
				}
			}
		}
	}
}

// reportsLoss tells whether a viewer lacks packets that were not repaired.
func reportsLoss(report *rtcp.ReceiverReport) bool {
	return slices.ContainsFunc(report.Reports, func(r rtcp.ReceptionReport) bool { return r.FractionLost > 0 })
}

// negotiate answers the offer; the answer holds all candidates. Those of the offer are left out unless there is a NAT
// of our own to open (which STUN is configured for): the viewer's checks tell where it is, and no offer can make us
// send to addresses of its choice.
func (v *viewer) negotiate(ctx context.Context, offer string) (string, error) {
	if len(v.server.iceServers) == 0 {
		offer = withoutCandidates(offer)
	}
	offer = withOneFormat(offer, v.stream.codec.PayloadType)
	err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", err
	}
	answer, err := v.pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(v.pc)
	if err := v.pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	select {
	case <-gathered:
	case <-time.After(gatherTimeout): // a STUN server does not answer; the other candidates are there
	case <-ctx.Done():
		return "", ctx.Err()
	}
	local := v.pc.LocalDescription()
	if local == nil {
		return "", errors.New("the connection was closed")
	}
	return withCandidates(local.SDP, v.server.mux.hosts.all(), v.server.mux.port)
}
