// Package rtc sends the camera's video and sound to viewers over WebRTC. It imports h264, fanout, microphone and the errors
// of apierror.
//
// Publish packetises each access unit once and puts it into a fanout.Hub. Each viewer takes the frames from there in a
// goroutine of its own (viewer.run), gives the packets its own sequence numbers, encrypts and sends them; a second one
// (viewer.readRTCP) reads its RTCP. Sound is sent by the microphone's goroutine, to all who listen (listener); what they say
// of it is read by one more for each (listener.drain). All media share one UDP socket, which pion's mux reads. Server.Close ends them all.
//
// There are no pion interceptors: lost packets are sent again out of the hub, for all viewers from the same memory, and
// sender reports need no more than two counters.
package rtc

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/fanout"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/microphone"
)

// Options say where and for whom the server works.
type Options struct {
	Host       string   // address or name to bind to
	Port       int      // UDP; 0: any free one
	ExtraHosts []string // further addresses or names under which viewers reach this machine
	ICEServers []string // stun: URLs, of which normally there are none; others are left to the viewers
	MaxViewers int
	Silent     func() bool            // whether the newest picture is an old one, as the camera sends none; nil: it never is
	Microphone *microphone.Microphone // nil: there is none, and offers are answered without sound; the caller closes it
	Log        *slog.Logger
}

// Server answers offers and sends video to the viewers that made them.
type Server struct {
	log        *slog.Logger
	maxViewers int
	handshake  time.Duration
	lossAge    time.Duration          // for keyframeRequests
	silent     func() bool            // as in Options, never nil
	microphone *microphone.Microphone // as in Options
	iceServers []webrtc.ICEServer
	settings   webrtc.SettingEngine
	mux        *mux
	hub        *fanout.Hub[*frame]

	ctx   context.Context // ends at Close; the parent of all viewers' contexts
	stop  context.CancelFunc
	tasks sync.WaitGroup // the viewers' goroutines, and hosts.resolveRegularly

	// Only Publish uses these.
	next     uint64 // number of the next packet
	keyframe uint64 // capture_ns of the newest keyframe
	lost     bool   // what comes refers to pictures that have not, up to the next keyframe

	frames, bytes, retransmitted, soundPackets atomic.Uint64

	mu      sync.Mutex // guards viewers
	viewers map[*viewer]struct{}
}

// Stats count since the start.
type Stats struct {
	Frames        uint64 // published
	Bytes         uint64 // sent to all viewers, SRTP included
	Skipped       uint64 // frames that viewers missed because they fell behind
	Retransmitted uint64 // packets sent again
	SoundPackets  uint64 // sent to all viewers
}

// New opens the UDP socket; its error is that of the socket.
func New(options Options) (*Server, error) { return newServer(options, defaultTimeouts()) }

func newServer(options Options, limits timeouts) (*Server, error) {
	log := pionLog{options.Log}
	mux, err := listen(options.Host, options.Port, options.ExtraHosts, log)
	if err != nil {
		return nil, err
	}
	s := &Server{log: options.Log, maxViewers: options.MaxViewers, handshake: limits.handshake,
		lossAge: limits.loss, silent: options.Silent, microphone: options.Microphone, mux: mux, viewers: map[*viewer]struct{}{}}
	if urls := stunServers(options.ICEServers, options.Log); len(urls) > 0 {
		s.iceServers = []webrtc.ICEServer{{URLs: urls}}
	}
	if s.silent == nil {
		s.silent = func() bool { return false }
	}
	s.settings = settings(mux, log, limits)
	s.hub = fanout.New[*frame](fanout.Limits{GroupBytes: 8 << 20, QueueItems: 128, QueueBytes: 1 << 20})
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.tasks.Add(1)
	go func() {
		defer s.tasks.Done()
		mux.hosts.resolveRegularly(s.ctx)
	}()
	return s, nil
}

// Publish sends an access unit to all viewers, unless it refers to pictures that are missing. It is for one goroutine and
// never waits.
func (s *Server) Publish(au h264.AccessUnit) {
	f := packetize(au, s.next)
	if s.isLost(au) || f == nil {
		return
	}
	s.next = f.end()
	s.frames.Add(1)
	s.hub.Publish(f, len(au.Data), f.keyframe)
	if s.microphone != nil {
		s.microphone.GoAlong()
	}
}

// isLost says whether an access unit cannot be decoded by viewers. It also ends the group of pictures at which new viewers
// begin, where that does not lead to this one, or began too long ago.
func (s *Server) isLost(au h264.AccessUnit) bool {
	switch {
	case au.Keyframe:
		s.keyframe, s.lost = au.CaptureNS, false
	case au.Discontinuity:
		s.lost = true
		s.hub.EndGroup()
	case au.CaptureNS > s.keyframe+uint64(h264.MaxKeyframeAge):
		s.hub.EndGroup()
	}
	return s.lost
}

// Answer makes a client's viewer: an SDP offer becomes an SDP answer with all candidates.
// Errors are those of apierror, BadOffer, TooManyViewers or Internal; or the context's.
func (s *Server) Answer(ctx context.Context, offer string, client Client) (string, error) {
	found, err := readOffer(offer, s.microphone != nil)
	if err != nil {
		return "", err
	}
	v := s.newViewer(found, offer, client)
	if err := s.add(v); err != nil {
		return "", err
	}
	answer, err := s.admit(ctx, v, offer)
	if err != nil {
		v.close()
		return "", err
	}
	go v.run()
	return answer, nil
}

func (s *Server) newViewer(found formats, offer string, client Client) *viewer {
	v := &viewer{server: s, client: client, formats: found, log: s.log.With("viewer", client.Remote.String()),
		connected: make(chan struct{}), requests: keyframeRequests{maxLossAge: s.lossAge}}
	v.listener.viewer = v
	if found.video != nil {
		v.stream = newStream(*found.video, s.find, s.mux.batching.flush)
		v.stream.delayAllowed = allowsDelay(offer)
	}
	if found.sound != nil {
		v.listener.stream = newSoundStream(*found.sound, s.mux.batching.flush)
		v.listener.wanted = client.isWHEP() // programs have no button
	}
	return v
}

// admit makes v's connection and negotiates it.
func (s *Server) admit(ctx context.Context, v *viewer, offer string) (string, error) {
	engine, err := mediaEngine(v.formats)
	if err != nil {
		return "", apierror.New(apierror.BadOffer, "the offer's formats cannot be used").WithCause(err)
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s.settings), webrtc.WithMediaEngine(engine),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	if err := v.connect(api); err != nil {
		return "", apierror.New(apierror.Internal, "the connection could not be prepared").WithCause(err)
	}
	answer, err := v.negotiate(ctx, offer)
	if err != nil && ctx.Err() == nil {
		err = apierror.New(apierror.BadOffer, "the offer cannot be answered").WithCause(err)
	}
	return answer, err
}

// add counts v among the viewers, unless there are too many; remove takes it out again.
func (s *Server) add(v *viewer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return apierror.New(apierror.TooManyViewers, "the streamer is stopping")
	}
	if len(s.viewers) >= s.maxViewers {
		return apierror.New(apierror.TooManyViewers, "%d viewers are watching, which is webrtc.max_viewers", s.maxViewers)
	}
	if n := s.viewersOf(v.client); n >= maxViewersPerClient(s.maxViewers) {
		return apierror.New(apierror.TooManyViewers, "%d viewers of this device are watching, which is half of webrtc.max_viewers", n)
	}
	v.ctx, v.leave = v.client.viewerContext(s.ctx)
	s.viewers[v] = struct{}{}
	s.tasks.Add(1)
	return nil
}

// viewersOf counts a client's viewers. Called with mu held.
func (s *Server) viewersOf(client Client) (n int) {
	for v := range s.viewers {
		if v.client.same(client) {
			n++
		}
	}
	return n
}

func (s *Server) remove(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.viewers, v)
	s.tasks.Done()
}

// find gives the frame that a packet belongs to, nil if it is no longer kept.
func (s *Server) find(number uint64) *frame {
	f, _ := s.hub.Find(func(f *frame) int {
		switch {
		case number < f.number:
			return -1
		case number >= f.end():
			return 1
		}
		return 0
	})
	return f
}

// Viewers is how many are watching; those that are still connecting are not counted.
func (s *Server) Viewers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for v := range s.viewers {
		if v.watching.Load() {
			n++
		}
	}
	return n
}

// Turn disconnects all viewers where the camera is off, and forgets its pictures. It may be called again and again.
func (s *Server) Turn(on bool) {
	if !on {
		s.EndSession("")
		s.hub.Clear()
	}
}

// Stats are the counters for the metrics.
func (s *Server) Stats() Stats {
	return Stats{
		Frames:        s.frames.Load(),
		Bytes:         s.bytes.Load(),
		Skipped:       s.hub.Skipped(),
		Retransmitted: s.retransmitted.Load(),
		SoundPackets:  s.soundPackets.Load(),
	}
}

// Close disconnects all viewers and closes the socket.
func (s *Server) Close() {
	s.mu.Lock() // after this add refuses, so tasks grows no more
	s.stop()
	s.mu.Unlock()
	s.tasks.Wait()
	_ = s.mux.Close()
}
