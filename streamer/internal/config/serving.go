package config

// unserved warns of what petcam-streamer cannot serve where it serves the page; petcam/config/serving.py is the same in
// Python.
func (c Config) unserved(given []entry) []Warning {
	if c.Web.Server != "go" || c.WebRTC.Backend != "python" {
		return nil
	}
	return []Warning{mistake("line %d: webrtc.backend: 'python' cannot work where web.server is go: write go, or web.server: python",
		lineOf(given, "webrtc.backend"))}
}
