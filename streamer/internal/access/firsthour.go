package access

import (
	"log/slog"
	"regexp"
	"sync"
	"unicode/utf8"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

const (
	firstHourSeconds    = 3600
	markIntervalSeconds = 300 // written down this often; charged to each further boot
	maxNumber           = 1 << 53
	maxBootLetters      = 64
)

func firstHourKind() state.Kind {
	return state.Kind{
		Name: "first_visit.json", MaxBytes: 1024, Effect: "no first password can be set by the page",
		Remedy: "set it with sudo petcam password", Key: "trouble.first_visit", Command: "sudo petcam password",
	}
}

// bootLetters are those of a boot's id; Python's \w. How many there are is counted apart: classes as large as these take a
// megabyte where an expression says how often they come.
var bootLetters = regexp.MustCompile(`^[\p{L}\p{N}_-]+$`)

func isBoot(text string) bool {
	return utf8.RuneCountInString(text) <= maxBootLetters && bootLetters.MatchString(text)
}

// used is how many seconds of the hour were used up at atMS (CLOCK_BOOTTIME) of the boot.
type used struct {
	boot    string
	atMS    int64
	seconds int64
}

// FirstHour is the hour in which the first visitor may set the owner's password. Restarts and reboots do not begin it anew:
// counted is the time that the board ran, in first_visit.json, and what could not be written down before a power cut is
// charged to the next boot. It is over until Begin, and wherever it cannot be written down. Safe for goroutines, of which
// one calls Begin and then Mark.
type FirstHour struct {
	file  *state.StateFile
	boot  string
	clock func() int64 // ms

	mu      sync.Mutex // guards what follows
	last    *used      // as it was written last; nil: over
	trouble *apierror.Error
}

// NewFirstHour reads nothing yet.
func NewFirstHour(directory, boot string, log *slog.Logger) *FirstHour {
	return &FirstHour{file: state.NewStateFile(directory, firstHourKind(), log), boot: boot, clock: state.BootTime}
}

// Begin begins the hour, or goes on with it where one was begun. To be called while no password is set.
func (h *FirstHour) Begin() {
	found, has, err := state.Parsed(h.file, parseUsed)
	now := h.clock()
	switch {
	case err != nil:
		h.mu.Lock()
		h.trouble = state.AsError(err)
		h.mu.Unlock()
		return
	case !has:
		found = used{h.boot, now, 0}
	case found.boot != h.boot || found.atMS > now:
		found = used{h.boot, now, found.seconds + markIntervalSeconds}
	}
	h.write(found)
}

// IsOpen says whether the password may be set by the page, as far as the time goes.
func (h *FirstHour) IsOpen() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last != nil && h.now(*h.last) < firstHourSeconds
}

// Mark writes down how much of it is used up, where that is due. Where it cannot be written, the hour is over.
func (h *FirstHour) Mark() {
	h.mu.Lock()
	last := h.last
	h.mu.Unlock()
	now := h.clock()
	if last != nil && now-last.atMS >= markIntervalSeconds*1000 {
		h.write(used{h.boot, now, h.now(*last)})
	}
}

// Trouble is why it is over.
func (h *FirstHour) Trouble() *apierror.Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trouble
}

// FirstHourTrouble is what is wrong with the file, where there is one.
func FirstHourTrouble(directory string, log *slog.Logger) *apierror.Error {
	return state.Trouble(state.NewStateFile(directory, firstHourKind(), log), parseUsed)
}

// now is how many seconds are used up.
func (h *FirstHour) now(last used) int64 { return last.seconds + (h.clock()-last.atMS)/1000 }

func (h *FirstHour) write(mark used) {
	err := h.file.WriteSealed(state.Fields{
		{Name: "boot", Value: mark.boot}, {Name: "at_ms", Value: mark.atMS}, {Name: "used_s", Value: mark.seconds},
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = nil
	if failed := state.AsError(err); failed != nil {
		h.trouble = apierror.New(failed.Code, "%s", failed.Message).WithWords(firstHourKind().Key, "command", firstHourKind().Command)
	} else if h.now(mark) < firstHourSeconds {
		h.last = &mark
	}
}

func parseUsed(text []byte) (u used, err error) {
	document, _, err := state.UnsealedOrOlder(text)
	if err != nil {
		return u, err
	}
	row, err := state.RowOf(document, "boot", "at_ms", "used_s")
	if err != nil {
		return u, err
	}
	if u.atMS, err = row.WholeNumber("at_ms", maxNumber); err != nil {
		return u, err
	}
	if u.seconds, err = row.WholeNumber("used_s", maxNumber); err != nil {
		return u, err
	}
	u.boot, err = row.Text("boot", isBoot)
	return u, err
}
