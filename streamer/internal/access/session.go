package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"

	"petcam/streamer/internal/state"
)

const (
	dayMS        = 86_400_000
	maxUnusedMS  = 30 * dayMS
	maxSessionMS = 180 * dayMS
)

var (
	digestForm     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	generationForm = regexp.MustCompile(`^[0-9a-f-]{1,80}$`)
)

// Session is one login. Moments are those of CLOCK_BOOTTIME in this boot, negative where they were before it. It does not
// change.
type Session struct {
	ID         string // by which the streamer knows it; gives no access
	Role       Role
	Generation string // of the passwords that it depends on
	hash       string // of its token
	beganMS    int64
	seenMS     int64 // as it was read from the disk; Sessions knows the newest
}

// secondsLeft is until it ends even if it is used.
func (s *Session) secondsLeft(nowMS int64) float64 {
	return float64(s.beganMS+maxSessionMS-nowMS) / 1000
}

func (s *Session) hasExpired(seenMS, nowMS int64) bool {
	return nowMS-seenMS >= maxUnusedMS || nowMS >= s.beganMS+maxSessionMS
}

// fields are its row in the file.
func (s *Session) fields(seenMS, nowMS int64) state.Fields {
	return state.Fields{
		{Name: "hash", Value: s.hash}, {Name: "id", Value: s.ID}, {Name: "role", Value: string(s.Role)},
		{Name: "generation", Value: s.Generation},
		{Name: "lived_s", Value: (nowMS - s.beganMS) / 1000}, {Name: "unused_s", Value: (nowMS - seenMS) / 1000},
	}
}

// moment is when the file is read.
type moment struct {
	boot  string
	nowMS int64
	wall  float64 // Unix time, of the clock as it is
}

func (m moment) parseSessions(text []byte) ([]*Session, error) {
	document, _, err := state.UnsealedOrOlder(text)
	if err != nil {
		return nil, err
	}
	if _, has := document["boot"]; !has {
		return m.parseByWallClock(document)
	}
	row, err := state.RowOf(document, "boot", "at_ms", "sessions")
	if err != nil {
		return nil, err
	}
	boot, err := row.Text("boot", isBoot)
	if err != nil {
		return nil, err
	}
	writtenMS, err := row.WholeNumber("at_ms", maxNumber)
	if err != nil {
		return nil, err
	}
	if boot != m.boot || writtenMS > m.nowMS {
		writtenMS = m.nowMS
	}
	return sessionsOf(row, func(value any) (*Session, error) {
		row, err := state.RowOf(value, "hash", "id", "role", "generation", "lived_s", "unused_s")
		if err != nil {
			return nil, err
		}
		lived, err := row.WholeNumber("lived_s", maxNumber)
		if err != nil {
			return nil, err
		}
		unused, err := row.WholeNumber("unused_s", maxNumber)
		if err != nil {
			return nil, err
		}
		return sessionOf(row, writtenMS-1000*lived, writtenMS-1000*unused) // of 2^53 s and less: 63 bits are enough
	})
}

// parseByWallClock reads the file as an older petcam wrote it: started and seen are Unix time. Whoever is logged in by the
// clock as it is now stays so, for no longer than a new session.
func (m moment) parseByWallClock(document map[string]any) ([]*Session, error) {
	row, err := state.RowOf(document, "sessions")
	if err != nil {
		return nil, err
	}
	all, err := sessionsOf(row, func(value any) (*Session, error) {
		row, err := state.RowOf(value, "hash", "id", "role", "generation", "started", "seen")
		if err != nil {
			return nil, err
		}
		lived, err := m.age(row, "started")
		if err != nil {
			return nil, err
		}
		unused, err := m.age(row, "seen")
		if err != nil {
			return nil, err
		}
		return sessionOf(row, m.nowMS-lived, m.nowMS-unused)
	})
	var found []*Session
	for _, each := range all {
		if !each.hasExpired(each.seenMS, m.nowMS) {
			found = append(found, each)
		}
	}
	return found, err
}

// age is how long before now the field says that it was, in ms; a clock that was ahead counts nothing.
func (m moment) age(row state.Row, name string) (int64, error) {
	number, is := row[name].(json.Number)
	found, err := number.Float64()
	if !is || err != nil || found < 0 || found > maxNumber {
		return 0, fmt.Errorf("has a bad %s", name)
	}
	return max(0, int64(1000*(m.wall-found))), nil
}

func sessionsOf(document state.Row, parse func(any) (*Session, error)) ([]*Session, error) {
	list, err := document.List("sessions", "has no list of sessions")
	if err != nil {
		return nil, err
	}
	found := make([]*Session, 0, len(list))
	for _, each := range list {
		session, err := parse(each)
		if err != nil {
			return nil, err
		}
		found = append(found, session)
	}
	return found, nil
}

func sessionOf(row state.Row, beganMS, seenMS int64) (*Session, error) {
	s := &Session{beganMS: beganMS, seenMS: seenMS}
	var err error
	if s.hash, err = row.Text("hash", digestForm.MatchString); err != nil {
		return nil, err
	}
	if s.ID, err = row.Text("id", form32.MatchString); err != nil {
		return nil, err
	}
	if s.Generation, err = row.Text("generation", generationForm.MatchString); err != nil {
		return nil, err
	}
	role, _ := row["role"].(string)
	if s.Role = Role(role); s.Role != Owner && s.Role != Viewer {
		return nil, fmt.Errorf("'%s' is not a valid Role", role)
	}
	return s, nil
}

// digest is what is kept of a token.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
