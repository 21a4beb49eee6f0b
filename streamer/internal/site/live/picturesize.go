package live

import (
	"math"
	"sync"
)

// Size is that of the camera's picture, in pixels, and the shape of one: its width and height. All is 0 before the first.
type Size struct {
	Width, Height int
	Aspect        [2]int
}

// square is the width and height in square pixels; nil: there is no picture.
func (s Size) square() *[2]int {
	if s.Aspect[1] == 0 {
		return nil
	}
	width := int(math.RoundToEven(float64(s.Width*s.Aspect[0]) / float64(s.Aspect[1])))
	if width <= 0 || s.Height <= 0 {
		return nil
	}
	return &[2]int{width, s.Height}
}

// pictureSize is what was known last, so that a page can keep the picture's place before it is there.
type pictureSize struct {
	ask func() Size

	mu    sync.Mutex
	known *[2]int // guarded by mu; not changed once it is set, but replaced
}

// now is nil before the first picture.
func (p *pictureSize) now() *[2]int {
	found := p.ask().square()
	p.mu.Lock()
	defer p.mu.Unlock()
	if found != nil {
		p.known = found
	}
	return p.known
}
