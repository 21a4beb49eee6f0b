package rtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog makes pion's loggers write to ours, at debug level: what pion calls an error is mostly a peer that has gone.
type pionLog struct{ log *slog.Logger }

func (p pionLog) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{p.log.With("pion", scope)}
}

func (p pionLog) Trace(string)          {}
func (p pionLog) Tracef(string, ...any) {}
func (p pionLog) Debug(string)          {}
func (p pionLog) Debugf(string, ...any) {}
func (p pionLog) Info(string)           {}
func (p pionLog) Infof(string, ...any)  {}

func (p pionLog) Warn(text string)               { p.log.Debug(text) }
func (p pionLog) Warnf(format string, a ...any)  { p.debugf(format, a) }
func (p pionLog) Error(text string)              { p.log.Debug(text) }
func (p pionLog) Errorf(format string, a ...any) { p.debugf(format, a) }

// debugf makes no text that nobody reads: pion warns of each packet that it does not know.
func (p pionLog) debugf(format string, a []any) {
	if p.log.Enabled(context.Background(), slog.LevelDebug) {
		p.log.Debug(fmt.Sprintf(format, a...))
	}
}
