package access

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"slices"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

const (
	maxSessionsPerRole = 100       // then the one that was unused for longest is ended
	sessionMarkMS      = dayMS / 4 // how old each session is, is written this often, to spare the SD card
	savePauseMS        = 5_000     // between writes for logins, however many there are
	saveRetryMS        = 60_000    // after the disk could not be written
)

func sessionsKind() state.Kind {
	return state.Kind{
		Name: "sessions.json", MaxBytes: 256 << 10, Effect: "everybody has to log in again",
		Remedy: "log in again, which makes it anew", Key: "trouble.sessions",
	}
}

// entry is a session that is open.
type entry struct {
	*Session
	seenMS int64
}

// Sessions are those who are logged in. The browser has a random token; only its SHA-256 is kept here and in sessions.json.
//
// A session ends when its role's password changes, after 30 days unused, after 180 days, when its role has too many, or when
// it is ended. Days are those that the board ran: the clock, which may be years off, is not asked. The file is written in
// the background after a login, which costs no more than another login if it is lost; who ends a session waits until that
// is on the disk. Safe for goroutines.
type Sessions struct {
	file       *state.StateFile
	generation func(Role) (string, error)
	boot       string
	clock      func() int64 // ms of CLOCK_BOOTTIME
	log        *slog.Logger
	retryMS    int64 // not before; Keep's alone

	writing  sync.Mutex // guards the two below; taken before mu, and never by Find or Begin
	written  int        // the version that is on the disk
	markedMS int64      // when it was written

	mu      sync.Mutex // guards all below; nothing is waited for while it is held
	version int        // of what is below, except for when each was seen
	open    []*entry   // as they began
	ended   []string   // ids of those that ended by themselves, and nobody was told
	trouble *apierror.Error
}

// NewSessions reads the file. generation has an error where it cannot be told now: then nobody is let in, and no session
// ends for that.
func NewSessions(directory string, generation func(Role) (string, error), boot string, log *slog.Logger) *Sessions {
	wall := float64(time.Now().UnixMicro()) / 1e6
	return newSessions(directory, generation, boot, log, state.BootTime, wall)
}

func newSessions(
	directory string, generation func(Role) (string, error), boot string, log *slog.Logger, clock func() int64, wall float64,
) *Sessions {
	s := &Sessions{
		file: state.NewStateFile(directory, sessionsKind(), log), generation: generation, boot: boot, clock: clock, log: log,
		markedMS: clock(),
	}
	found, _, err := state.Parsed(s.file, moment{boot, clock(), wall}.parseSessions)
	s.trouble = state.AsError(err)
	for _, each := range found {
		s.open = slices.DeleteFunc(s.open, func(e *entry) bool { return e.hash == each.hash })
		s.open = append(s.open, &entry{each, each.seenMS})
	}
	return s
}

// SessionsTrouble is what is wrong with the file, where there is one.
func SessionsTrouble(directory string, log *slog.Logger) *apierror.Error {
	return state.Trouble(state.NewStateFile(directory, sessionsKind(), log), moment{}.parseSessions)
}

// Trouble is what is wrong with the file, until it is written anew.
func (s *Sessions) Trouble() *apierror.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// SecondsLeft is until a session ends even if it is used.
func (s *Sessions) SecondsLeft(session *Session) float64 { return session.secondsLeft(s.clock()) }

// Begin begins a session and gives its token; it is written in the background.
func (s *Sessions) Begin(role Role, generation string) (token string) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // ends the program rather than fail
	token = base64.RawURLEncoding.EncodeToString(random)
	now := s.clock()
	session := &Session{randomHex(16), role, generation, digest(token), now, now}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, &entry{session, now})
	var same []*entry
	for _, each := range s.open {
		if each.Role == role {
			same = append(same, each)
		}
	}
	slices.SortStableFunc(same, func(a, b *entry) int { return cmp.Compare(a.seenMS, b.seenMS) })
	s.drop(same[:max(0, len(same)-maxSessionsPerRole)])
	s.version++
	return token
}

// Find is the session of a token while it is valid, else nil. This counts as a use of it.
func (s *Sessions) Find(token string) *Session {
	now, name := s.clock(), digest(token)
	s.mu.Lock()
	found := s.find(name)
	valid := found != nil && !found.hasExpired(found.seenMS, now)
	s.mu.Unlock()
	if !valid {
		return nil
	}
	if current, err := s.generation(found.Role); err != nil || current != found.Generation {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found.seenMS = now // it may have ended meanwhile, and that is then of no use
	return found.Session
}

// End lets nobody in by the session from now on; MakeDurable makes it stay so after a restart.
func (s *Sessions) End(session *Session) { s.end([]*Session{session}) }

// EndAll ends the sessions of a role, or all with "", as End does; it gives their ids.
func (s *Sessions) EndAll(role Role) (ids []string) {
	var ended []*Session
	s.mu.Lock()
	for _, each := range s.open {
		if role == "" || each.Role == role {
			ended, ids = append(ended, each.Session), append(ids, each.ID)
		}
	}
	s.mu.Unlock()
	s.end(ended)
	return ids
}

// MakeDurable returns once the disk knows what has ended. Those who wait for one another's write are served by one.
//
// A full disk loses the file instead: that ends all sessions at the next restart, and this one for good. Its error is
// StateNotWritten or StateNotSynced: then a restart may bring back what has ended.
func (s *Sessions) MakeDurable() error {
	s.mu.Lock()
	version := s.version
	s.mu.Unlock()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.written >= version {
		return nil
	}
	err := s.write()
	if !state.IsForLackOfSpace(err) {
		return err
	}
	s.log.Warn("removed, so that what has ended does not come back", "file", s.file.Path)
	return s.file.Remove()
}

// takeEnded ends those that have expired or whose password has changed. It gives the ids of these, and of those that had to
// make room; each once.
func (s *Sessions) takeEnded() (ended []string) {
	s.mu.Lock()
	before, nothing := slices.Clone(s.open), len(s.open) == 0 && len(s.ended) == 0
	s.mu.Unlock()
	if nothing {
		return nil // nothing is read on a board where nobody is logged in
	}
	current := map[Role]string{}
	for _, role := range roles() { // read after them, so that no session is newer
		if generation, err := s.generation(role); err == nil {
			current[role] = generation
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	var over []*entry
	for _, each := range before {
		generation, known := current[each.Role]
		isOver := known && generation != each.Generation || each.hasExpired(each.seenMS, now)
		if isOver && slices.Contains(s.open, each) {
			over = append(over, each)
		}
	}
	s.drop(over)
	if len(over) > 0 {
		s.version++
	}
	ended, s.ended = s.ended, nil
	return ended
}

// Save writes the sessions, and how old each is, where there is any. Its error is StateNotWritten or StateNotSynced.
func (s *Sessions) Save() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	due := len(s.open) > 0 || s.version != s.written
	s.mu.Unlock()
	if !due {
		return nil
	}
	return s.write()
}

// saveIfDue is to be called again and again: where the disk cannot be written now, it is tried later.
func (s *Sessions) saveIfDue() {
	now := s.clock()
	s.writing.Lock()
	written, marked := s.written, s.markedMS
	s.writing.Unlock()
	s.mu.Lock()
	pause := int64(sessionMarkMS)
	if s.version != written {
		pause = savePauseMS
	}
	s.mu.Unlock()
	if now < s.retryMS || now-marked < pause {
		return
	}
	if s.Save() != nil { // it is in the log
		s.retryMS = now + saveRetryMS
	}
}

func (s *Sessions) end(sessions []*Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = slices.DeleteFunc(s.open, func(e *entry) bool { return slices.Contains(sessions, e.Session) })
	s.version++
}

// write is called with writing held.
func (s *Sessions) write() error {
	s.mu.Lock()
	version, now := s.version, s.clock()
	rows := make([]any, len(s.open))
	for i, each := range s.open {
		rows[i] = each.fields(each.seenMS, now)
	}
	s.mu.Unlock()
	err := s.file.WriteSealed(state.Fields{{Name: "boot", Value: s.boot}, {Name: "at_ms", Value: now}, {Name: "sessions", Value: rows}})
	if err != nil {
		return err
	}
	s.written, s.markedMS = version, now
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = nil
	return nil
}

// drop ends those that end by themselves. Called with mu held.
func (s *Sessions) drop(over []*entry) {
	for _, each := range over {
		s.ended = append(s.ended, each.ID)
	}
	s.open = slices.DeleteFunc(s.open, func(e *entry) bool { return slices.Contains(over, e) })
}

// find is called with mu held.
func (s *Sessions) find(hash string) *entry {
	for _, each := range s.open {
		if each.hash == hash {
			return each
		}
	}
	return nil
}
