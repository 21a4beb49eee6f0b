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

// viewer is one peer connection. The goroutine that runs it owns it; pion's callbacks and the server only call leave,
// and Trickle adds candidates, which pion allows at any time.
type viewer struct {
	server *Server
	client Client
	formats
	log    *slog.Logger
	stream *stream // nil: the offer takes sound only
	pc     *webrtc.PeerConnection
	sender *webrtc.RTPSender // of stream

	listener listener
	reports  reports

	connected chan struct{} // closed once media can flow
	ctx       context.Context
	leave     context.CancelFunc
	requests  keyframeRequests
	watching  atomic.Bool  // connected and not left
	trickled  atomic.Int32 // candidates that came after the offer
}

// connect makes the peer connection, with the streams as its tracks.
func (v *viewer) connect(api *webrtc.API) (err error) {
	if v.pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: v.server.iceServers}); err != nil {
		return err
	}
	v.pc.OnConnectionStateChange(v.onStateChange(sync.OnceFunc(func() { close(v.connected) })))
	if v.stream != nil {
		if v.sender, err = v.pc.AddTrack(v.stream); err != nil {
			return err
		}
	}
	if v.listener.stream != nil {
		v.listener.sender, err = v.pc.AddTrack(v.listener.stream)
	}
	return err
}

// onStateChange reacts to the connection's states. Disconnected is not the end: ICE may connect again.
func (v *viewer) onStateChange(connect func()) func(webrtc.PeerConnectionState) {
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
		v.log.Info("viewer never connected; is UDP let through to webrtc.udp_port?", "waited", v.server.handshake)
		return
	}
	v.log.Info("viewer connected", "after", time.Since(begin).Round(time.Millisecond))
	v.serve() // leaving is not logged: it happens to every viewer, and says nothing
}

// serve sends the viewer what it takes until it leaves.
func (v *viewer) serve() {
	v.listener.begin()
	defer v.listener.end()
	if v.stream != nil {
		v.sendFrames()
		return
	}
	v.watching.Store(true)
	defer v.watching.Store(false)
	<-v.ctx.Done()
}

// close ends the connection and waits for pion's goroutines. Only then the viewer is no longer counted.
func (v *viewer) close() {
	v.leave()
	if v.pc != nil {
		_ = v.pc.GracefulClose()
	}
	v.server.remove(v)
}

// sendFrames sends frames until the viewer leaves. While the camera is silent nothing is sent to a new one: what there is
// would pass for a picture of now.
func (v *viewer) sendFrames() {
	frames := v.server.hub.Subscribe()
	defer frames.Close()
	if v.server.silent() {
		frames.Hold()
	}
	v.requests.begin(time.Now())
	v.watching.Store(true)
	defer v.watching.Store(false)
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.readRTCP(frames)
	}()
	defer func() {
		_ = v.sender.Stop() // ends readRTCP
		<-done
	}()
	for {
		f, err := frames.Next(v.ctx)
		if err != nil {
			return
		}
		v.server.bytes.Add(uint64(v.stream.send(f)))
		v.requests.noteSent(f.keyframe, time.Now())
		v.report(false)
	}
}

// readRTCP answers the viewer's RTCP until the sender stops: lost packets are sent again, and a viewer that asks for a
// keyframe is sent the current group of pictures again, as we cannot ask the camera for another keyframe, or once there is
// something newer (keyframeRequests). Media servers
// ask every two seconds, whether they have lost anything or not, and would forward the group's old pictures; so they are
// answered only where they also report loss.
func (v *viewer) readRTCP(frames *fanout.Subscription[*frame]) {
	defer v.leave()
	buffer := make([]byte, 1500)
	lost := false
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
				v.stream.delay.noteNACK()
				v.server.retransmitted.Add(uint64(v.stream.retransmit(packet)))
			case *rtcp.ReceiverReport:
				lost = lost || reportsLoss(packet, v.stream.ssrc)
				v.stream.delay.noteReport(packet, v.stream.ssrc, time.Now())
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				if (lost || !v.client.isWHEP()) && v.requests.answer(frames, time.Now()) {
					lost = false
				}
			}
		}
	}
}

// reportsLoss tells whether a viewer lacks packets of this stream in spite of retransmission.
func reportsLoss(report *rtcp.ReceiverReport, ssrc uint32) bool {
	return slices.ContainsFunc(report.Reports, func(r rtcp.ReceptionReport) bool { return r.SSRC == ssrc && r.FractionLost > 0 })
}

// negotiate answers the offer; the answer holds all candidates. Those of the offer are ignored, unless STUN is
// configured because this machine is behind a NAT: the viewer's connectivity checks show its address, and no offer can
// make us send packets to addresses of its choice.
func (v *viewer) negotiate(ctx context.Context, offer string) (string, error) {
	if len(v.server.iceServers) == 0 {
		offer = withoutCandidates(offer)
	}
	offer = withOneFormat(withOneFormat(offer, "video", v.formats.video), "audio", v.formats.sound)
	offer = withoutTheirSound(withDirections(offer))
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
	if v.stream != nil && v.stream.writer == nil || v.listener.stream != nil && v.listener.stream.writer == nil {
		return "", errors.New("the answer lacks a medium")
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
	return withCandidates(local.SDP, v.server.mux.hosts.all())
}
