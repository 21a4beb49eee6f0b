package config

// Config is the whole file. Sections that only the Python services use are checked here too. Each field of a section is
// a key: its tags are its name in the file, its default as text, and what is allowed, which kind.go explains.
type Config struct {
	Web       Web       `key:"web"`
	Streamer  Streamer  `key:"streamer"`
	Camera    Camera    `key:"camera"`
	WebRTC    WebRTC    `key:"webrtc"`
	Recording Recording `key:"recording"`
	Detect    Detect    `key:"detect"`
	Events    Events    `key:"events"`
	Notify    Notify    `key:"notify"`
	Auth      Auth      `key:"auth"`
}

// Web is who serves the page, and how.
type Web struct {
	Server  string `key:"server" default:"python" allowed:"python or go"` // go: this service does
	Host    string `key:"host" default:"0.0.0.0" allowed:"host"`
	Port    int    `key:"port" default:"8080" allowed:"1 to 65535"`
	Threads int    `key:"threads" default:"40" allowed:"8 to 256"`
	TLS     string `key:"tls" default:"off" allowed:"off or auto or files"` // what this service adds in front of it
	TLSPort int    `key:"tls_port" default:"8443" allowed:"1 to 65535"`
	TLSCert string `key:"tls_cert" allowed:"file"` // where TLS is files
	TLSKey  string `key:"tls_key" allowed:"file"`
	// Hosts are names by which the page may be opened, besides those of this machine.
	Hosts []string `key:"hosts" allowed:"hosts"`
	// TrustedProxies are addresses or networks whose forwarded headers petcam-web believes.
	TrustedProxies []string `key:"trusted_proxies" allowed:"network"`
}

// Streamer is where this service listens.
type Streamer struct {
	Host      string `key:"host" default:"0.0.0.0" allowed:"host"`
	Port      int    `key:"port" default:"8081" allowed:"1 to 65535"`
	PublicURL string `key:"public_url" allowed:"url"` // empty: as the page was opened
	// MetricsAllow are addresses or networks that may read the metrics, besides loopback.
	MetricsAllow []string `key:"metrics_allow" allowed:"network"`
}

// Camera names the camera and the shared memory.
type Camera struct {
	Name       string `key:"name" allowed:"name"` // of the pages; empty: none
	Layout     string `key:"layout" default:"petcam" allowed:"petcam or rdk-x5"`
	Stream     string `key:"stream" default:"/petcam_stream" allowed:"segment"` // with its slash
	Detections string `key:"detections" default:"/petcam_detections" allowed:"segment"`
	Audio      string `key:"audio" default:"/petcam_audio" allowed:"segment"`
	Source     string `key:"source" allowed:"source"`         // what petcam-feed reads; empty: nothing
	Microphone string `key:"microphone" allowed:"microphone"` // what petcam-feed hears; empty: nothing
}

// WebRTC is about media to viewers.
type WebRTC struct {
	UDPPort    int      `key:"udp_port" default:"8081" allowed:"1 to 65535"`
	ICEServers []string `key:"ice_servers" allowed:"ice server"`
	ExtraHosts []string `key:"extra_hosts" allowed:"endpoint"` // names or addresses of this machine that it does not know of
	MaxViewers int      `key:"max_viewers" default:"16" allowed:"1 to 256"`
	Backend    string   `key:"backend" default:"go" allowed:"go or python"`
}

// Recording is about files on disk. A limit of 0 is as etc/petcam.yaml says.
type Recording struct {
	Directory       string  `key:"directory" default:"/var/lib/petcam/recordings" allowed:"directory"`
	Mode            string  `key:"mode" default:"manual" allowed:"manual or visits or always"`
	Sound           string  `key:"sound" default:"on" allowed:"on or off"`
	PreRollSeconds  float64 `key:"pre_roll_seconds" default:"5" allowed:"0 to 30"`
	PostRollSeconds float64 `key:"post_roll_seconds" default:"10" allowed:"0 to 300"`
	SegmentMinutes  int     `key:"segment_minutes" default:"30" allowed:"1 to 1440"`
	MaxBytes        int64   `key:"max_bytes" default:"0" allowed:"0 to 4611686018427387904"`
	MaxAgeDays      int     `key:"max_age_days" default:"0" allowed:"0 to 36500"`
	AlwaysDays      int     `key:"always_days" default:"2" allowed:"0 to 36500"`
	VisitDays       int     `key:"visit_days" default:"30" allowed:"0 to 36500"`
	MinFreeBytes    int64   `key:"min_free_bytes" default:"0" allowed:"0 to 4611686018427387904"`
}

// Detect is petcam-detect's.
type Detect struct {
	Model    string   `key:"model" default:"auto" allowed:"model"`
	Classes  []string `key:"classes" default:"[cat, dog, person]" allowed:"class"`
	MinScore float64  `key:"min_score" default:"0.4" allowed:"0.1 to 0.95"`
	MaxFPS   float64  `key:"max_fps" default:"5" allowed:"0.1 to 30"`
	Threads  int      `key:"threads" default:"1" allowed:"1 to 8"`
	CPUShare float64  `key:"cpu_share" default:"0.5" allowed:"0.02 to 8"` // of one core
}

// Events is petcam-events's.
type Events struct {
	Classes    []string `key:"classes" default:"[]" allowed:"class"`
	MinScore   float64  `key:"min_score" default:"0.6" allowed:"0.1 to 0.95"`
	MinSeconds float64  `key:"min_seconds" default:"0.5" allowed:"0 to 60"`
	GapSeconds float64  `key:"gap_seconds" default:"30" allowed:"1 to 3600"`
	SoundDB    float64  `key:"sound_db" default:"15" allowed:"0 to 60"` // over the room's floor; 0: none is noticed
}

// Notify is by which ways petcam-events tells people.
type Notify struct {
	URLs              []string `key:"urls" default:"[]" allowed:"way"`
	Webhook           string   `key:"webhook" allowed:"webhook"`
	WebhookSecretFile string   `key:"webhook_secret_file" allowed:"file"`
	MQTT              string   `key:"mqtt" allowed:"mqtt"`
	MQTTUser          string   `key:"mqtt_user" allowed:"user"`
	MQTTPasswordFile  string   `key:"mqtt_password_file" allowed:"file"`
	MQTTCA            string   `key:"mqtt_ca" allowed:"file"`
}

// Auth is who may watch.
type Auth struct {
	Mode string `key:"mode" default:"password" allowed:"password or none"`
}
