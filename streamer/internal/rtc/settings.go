package rtc

import (
	"errors"
	"log/slog"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sys/cpu"
)

// gatherTimeout is how long a STUN server is waited for.
const gatherTimeout = time.Second

// timeouts are how long viewers are waited for.
type timeouts struct {
	handshake    time.Duration // from the answer until media can flow
	disconnected time.Duration // without a packet from it; a browser sends one every 2.5 to 5 s
	failed       time.Duration // after disconnected, until it is given up
	keepalive    time.Duration // how often ICE checks the two above
	loss         time.Duration // maxLossAge
}

func defaultTimeouts() timeouts {
	return timeouts{handshake: 10 * time.Second, disconnected: 7 * time.Second, failed: 15 * time.Second,
		keepalive: 2 * time.Second, loss: maxLossAge}
}

// stunServers picks the STUN servers out of the configured ones. TURN servers are for viewers: to us, a relayed viewer
// looks like any other.
func stunServers(urls []string, log *slog.Logger) (usable []string) {
	for _, url := range urls {
		server, err := stun.ParseURI(url)
		switch {
		case err != nil:
			log.Warn("webrtc.ice_servers: this is not the URL of a server, it is ignored", "url", url, "error", err)
		case server.Scheme == stun.SchemeTypeSTUN:
			usable = append(usable, url)
		}
	}
	return usable
}

// settings is how pion works here.
//
// We are a full ICE agent although ICE-lite would do: a full one answers a check with one of its own, so that the
// viewer nominates the pair at once (a pion viewer is connected after 15 ms instead of 210, Chromium after 15 instead
// of 60). See viewer.negotiate for the addresses to which it may send.
//
// We are the DTLS server, so that our order of SRTP profiles counts.
func settings(mux *mux, log pionLog, limits timeouts) webrtc.SettingEngine {
	var s webrtc.SettingEngine
	s.LoggerFactory = log
	s.SetICEUDPMux(mux)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(limits.disconnected, limits.failed, limits.keepalive)
	s.SetSTUNGatherTimeout(gatherTimeout)
	s.SetDTLSInsecureSkipHelloVerify(true) // ICE has proved the viewer's address already
	s.SetSRTPProtectionProfiles(srtpProfiles()...)
	s.DisableMediaEngineCopy(true) // each viewer has its own
	_ = s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer)
	return s
}

// srtpProfiles orders the ciphers by their cost on this processor: with AES instructions GCM takes a sixth of the time
// of HMAC-SHA1, without them twice as much.
func srtpProfiles() []dtls.SRTPProtectionProfile {
	gcm, sha1 := dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80
	if cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ || cpu.ARM64.HasAES && cpu.ARM64.HasPMULL {
		return []dtls.SRTPProtectionProfile{gcm, sha1}
	}
	return []dtls.SRTPProtectionProfile{sha1, gcm}
}

// mediaEngine knows the formats that a viewer is sent.
func mediaEngine(known formats) (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	var errs []error
	if known.video != nil {
		playout := webrtc.RTPHeaderExtensionCapability{URI: playoutDelayURI}
		errs = append(errs, engine.RegisterCodec(*known.video, webrtc.RTPCodecTypeVideo),
			engine.RegisterHeaderExtension(playout, webrtc.RTPCodecTypeVideo))
	}
	if known.sound != nil {
		errs = append(errs, engine.RegisterCodec(*known.sound, webrtc.RTPCodecTypeAudio))
	}
	return engine, errors.Join(errs...)
}
