package record

import "petcam/streamer/internal/h264"

// continuity knows which access units cannot be decoded because pictures before them are missing.
type continuity struct {
	epoch uint64 // of the newest access unit
	lost  bool   // what comes refers to pictures that have not, up to the next keyframe
}

// isLost says whether au cannot be decoded although there is a file: pictures are missing before it, or those that it
// refers to are another writer's.
func (c *continuity) isLost(au h264.AccessUnit, hasFile bool) bool {
	other := au.Epoch != c.epoch
	c.epoch = au.Epoch
	c.lost = !au.Keyframe && hasFile && (c.lost || other || au.Discontinuity)
	return c.lost
}
