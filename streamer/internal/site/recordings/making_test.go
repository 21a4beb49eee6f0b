package recordings

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"petcam/streamer/internal/site"
)

func TestBoxesWaitWhileOthersAreMade(t *testing.T) {
	s := New(Options{})
	for range maxBoxesAtOnce {
		s.making <- struct{}{}
	}
	ctx, leave := context.WithCancel(context.Background())
	leave()
	r := &site.Request{Request: httptest.NewRequestWithContext(ctx, "GET", "/", nil)}
	if _, err := s.boxesBody(r, 0, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
