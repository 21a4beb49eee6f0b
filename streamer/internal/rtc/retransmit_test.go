package rtc

import (
	"testing"
	"time"
)

func TestRetransmissionRecoversEveryFrameAtTwoPercentLoss(t *testing.T) {
	const frames = 400
	s := start(t, nil, defaultTimeouts())
	v := join(t, s)
	publish(s, 0, 0, 3000)
	expectFrames(t, v, 0, 0, 3000)
	v.Lose(0.02)
	deadline := time.Now().Add(time.Minute)
	for published, whole := 0, 0; whole < frames; {
		if published == whole {
			published++
			publish(s, published, published, 3000)
		}
		if frame, ok := v.FrameWithin(20 * time.Millisecond); ok {
			whole++
			expectFrame(t, frame, whole, 3000)
		} else { // a loss at a frame's end shows only with the next frame
			published++
			publish(s, published, published, 3000)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d frames are whole", whole, frames)
		}
	}
	if v.Asked < frames/50 {
		t.Errorf("only %d packets were lost", v.Asked)
	}
}
