package rtc

import (
	"slices"
	"testing"
	"time"
)

// answers notes how requests are answered.
type answers []string

func (a *answers) Restart() { *a = append(*a, "restart") }
func (a *answers) Hold()    { *a = append(*a, "hold") }

func TestKeyframeRequestsAreAnsweredAsTheirCauseAsks(t *testing.T) {
	type step struct {
		at   time.Duration
		what string // frame, keyframe or request
	}
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		steps []step
		want  []string
	}{
		"not in the first second": {[]step{{0, "keyframe"}, {900 * ms, "frame"}, {990 * ms, "request"}}, nil},
		"after a loss at once":    {[]step{{0, "keyframe"}, {1900 * ms, "frame"}, {2 * time.Second, "request"}}, []string{"restart"}},
		"once a second": {[]step{{1900 * ms, "frame"}, {2000 * ms, "request"}, {2200 * ms, "request"}, {2990 * ms, "request"},
			{3010 * ms, "request"}}, []string{"restart", "restart"}},
		"in silence later": {[]step{{0, "keyframe"}, {2000 * ms, "frame"}, {5000 * ms, "request"}}, []string{"hold"}},
		"not while the keyframe is on its way": {[]step{{0, "frame"}, {4 * time.Second, "keyframe"}, {4200 * ms, "request"}},
			nil},
		"by the keyframe that came and was lost": {[]step{{4 * time.Second, "keyframe"}, {4400 * ms, "request"}},
			[]string{"restart"}},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			requests, got := keyframeRequests{maxLossAge: maxLossAge}, answers{}
			requests.begin(began)
			for _, s := range c.steps {
				if now := began.Add(s.at); s.what == "request" {
					requests.answer(&got, now)
				} else {
					requests.noteSent(s.what == "keyframe", now)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}
