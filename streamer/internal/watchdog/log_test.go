package watchdog_test

import (
	"context"
	"log/slog"
	"testing"
)

// handler sends what is logged to a channel.
type handler struct{ logged chan<- slog.Record }

func (handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) Handle(_ context.Context, record slog.Record) error {
	h.logged <- record
	return nil
}
func (h handler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h handler) WithGroup(string) slog.Handler      { return h }

// failing fails the test when something is logged.
type failing struct{ t *testing.T }

func (failing) Enabled(context.Context, slog.Level) bool { return true }
func (f failing) Handle(_ context.Context, record slog.Record) error {
	f.t.Errorf("logged: %s", record.Message)
	return nil
}
func (f failing) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f failing) WithGroup(string) slog.Handler      { return f }
