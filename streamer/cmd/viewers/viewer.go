package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

const (
	retryDelay         = 100 * time.Millisecond // until a server that is away is asked again
	firstPacketTimeout = 2 * time.Second        // with a server that has answered but sends nothing
)

// server is where the viewers go.
type server struct {
	url   string
	token string // of the page; empty: none
	whep  bool
	sound bool
}

// viewer is one peer connection.
type viewer struct {
	peer      *webrtc.PeerConnection
	socket    *socket
	mux       *ice.UDPMuxDefault
	reception *reception
	hearing   hearing
	offered   time.Time
	ended     chan struct{} // the connection is closed or has failed
}

func newViewer() (*viewer, error) {
	wire, err := newSocket()
	if err != nil {
		return nil, err
	}
	v := &viewer{socket: wire, reception: newReception(), ended: make(chan struct{}), mux: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: wire})}
	var settings webrtc.SettingEngine
	settings.SetICEUDPMux(v.mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	if v.peer, err = webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, errors.Join(err, v.mux.Close())
	}
	v.peer.OnTrack(v.read)
	v.peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			select {
			case <-v.ended:
			default:
				close(v.ended)
			}
		}
	})
	return v, nil
}

func (v *viewer) read(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			v.hearing.take(v.socket.arrival(packet))
			continue
		}
		v.reception.take(packet, v.socket.arrival(packet))
	}
}

// watch watches until over, or until the server ends it.
func (v *viewer) watch(to server, over <-chan time.Time) error {
	defer func() { _, _ = v.peer.Close(), v.mux.Close() }()
	v.offered = time.Now()
	id, err := v.exchange(to)
	if err != nil {
		return err
	}
	if to.sound {
		if err := v.listen(to, id); err != nil {
			return err
		}
	}
	select {
	case <-over:
	case <-v.ended:
	}
	return nil
}

// exchange gives the id by which petcam knows the viewer.
func (v *viewer) exchange(to server) (id string, err error) {
	receive := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	if _, err := v.peer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, receive); err != nil {
		return "", err
	}
	if to.sound {
		if _, err := v.peer.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, receive); err != nil {
			return "", err
		}
	}
	offer, err := v.peer.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(v.peer)
	if err := v.peer.SetLocalDescription(offer); err != nil {
		return "", err
	}
	<-gathered
	given, err := to.ask(*v.peer.LocalDescription())
	if err != nil {
		return "", err
	}
	return given.ID, v.peer.SetRemoteDescription(given.SessionDescription)
}

// answer is petcam's; others' have no id.
type answer struct {
	webrtc.SessionDescription
	ID string `json:"id"`
}

// ask exchanges an offer for an answer.
func (to server) ask(offer webrtc.SessionDescription) (given answer, err error) {
	body, kind := []byte(offer.SDP), "application/sdp"
	if !to.whep {
		kind = "application/json"
		if body, err = json.Marshal(offer); err != nil {
			return given, err
		}
	}
	request, err := http.NewRequest(http.MethodPost, to.url, bytes.NewReader(body))
	if err != nil {
		return given, err
	}
	request.Header.Set("Content-Type", kind)
	if to.token != "" {
		request.Header.Set("Authorization", "Bearer "+to.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return given, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return given, err
	case response.StatusCode/100 != 2:
		return given, fmt.Errorf("offer: %s: %s", response.Status, text)
	case to.whep:
		given.SessionDescription = webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(text)}
	default:
		err = json.Unmarshal(text, &given)
	}
	return given, err
}

// keepWatching watches for ever, again and again.
func keepWatching(to server) {
	for ; ; time.Sleep(retryDelay) {
		v, err := newViewer()
		if err != nil {
			fmt.Fprintln(os.Stderr, "viewers:", err)
			os.Exit(1)
		}
		v.reception.onKeyframe = func(stamp, arrival time.Time) { fmt.Println(stamp.UnixNano(), arrival.UnixNano()) }
		over := make(chan time.Time)
		go func() {
			time.Sleep(firstPacketTimeout)
			if v.reception.empty() {
				close(over)
			}
		}()
		_ = v.watch(to, over)
	}
}
