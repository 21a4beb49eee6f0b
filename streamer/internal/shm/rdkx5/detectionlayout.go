package rdkx5

// The detector's newest result: sizes and offsets are in bytes, all integers little-endian. There is neither lock nor
// checksum in it. The first generation has a timespec at OffsetTime; the second has f64 seconds, and what is behind them
// ShorterBy bytes sooner.
const (
	DetectionsSize = 584
	ShorterBy      = 8

	OffsetResultNumber = 0   // u64
	OffsetTime         = 8   // i64 seconds and i64 nanoseconds of CLOCK_MONOTONIC
	OffsetCount        = 24  // i32
	OffsetDetections   = 28  // of DetectionSize each
	OffsetVersion      = 548 // u32, raised after each write

	MaxDetections = 10
	DetectionSize = 52
	PictureWidth  = 640 // of what the detectors look at; the layout does not say
	PictureHeight = 480
)

// Offsets in a detection, whose class_name of ClassNameSize bytes comes first.
const (
	ClassNameSize    = 32
	OffsetConfidence = 32 // f32
	OffsetX          = 36 // i32, as are the others
	OffsetY          = 40
	OffsetW          = 44
	OffsetH          = 48
)
