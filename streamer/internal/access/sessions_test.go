package access

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/state/statetest"
)

const testGeneration = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"

// sessionBoard is a board with one folder of state: its time, its boots, its passwords.
type sessionBoard struct {
	t         *testing.T
	directory string
	now       int64
	boot      string
	wall      float64

	mu          sync.Mutex // guards what follows
	generations map[Role]string
	err         error
	told        []string
}

func newSessionBoard(t *testing.T) *sessionBoard {
	return &sessionBoard{
		t: t, directory: filepath.Join(t.TempDir(), "state"), now: 1_000_000, boot: "boot-1", wall: 1e9,
		generations: map[Role]string{Owner: testGeneration, Viewer: testGeneration},
	}
}

// start is the sessions as a service has them that starts now.
func (b *sessionBoard) start() *Sessions {
	return newSessions(b.directory, b.generation, b.boot, quiet(), func() int64 { return b.now }, b.wall)
}

func (b *sessionBoard) generation(role Role) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.generations[role], b.err
}

func (b *sessionBoard) tend(s *Sessions) {
	s.tend(nil, func(id string) { b.told = append(b.told, id) })
}

func (b *sessionBoard) path() string { return filepath.Join(b.directory, "sessions.json") }

// rows are those on the disk.
func (b *sessionBoard) rows() []any {
	b.t.Helper()
	document, err := state.Unsealed([]byte(get(b.t, b.path())))
	do(b.t, err)
	return document["sessions"].([]any)
}

func (b *sessionBoard) inode() uint64 {
	b.t.Helper()
	var found unix.Stat_t
	do(b.t, unix.Stat(b.path(), &found))
	return found.Ino
}

func begin(s *Sessions, role Role) string { return s.Begin(role, testGeneration) }

func (b *sessionBoard) expectFound(s *Sessions, token string, want bool) *Session {
	b.t.Helper()
	found := s.Find(token)
	if (found != nil) != want {
		b.t.Errorf("it is found: %v", !want)
	}
	return found
}

func TestASessionEndsUnusedAfter30DaysAndInAnyCaseAfter180(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	used, unused := begin(s, Owner), begin(s, Owner)
	for range 6 {
		b.expectFound(s, used, true)
		b.now += maxUnusedMS - 1
	}
	b.expectFound(s, unused, false)
	b.now += 5
	b.expectFound(s, used, false)
	b.expectFound(s, "", false)
}

func TestAClockThatIsSetEndsNoSessionAndMakesNoneLonger(t *testing.T) {
	for _, years := range []float64{4, -4, -40} {
		b := newSessionBoard(t)
		s := b.start()
		token := begin(s, Viewer)
		do(t, s.Save())
		b.wall += years * 365 * 86400
		again := b.start()
		if left := again.SecondsLeft(b.expectFound(again, token, true)); left != maxSessionMS/1000 {
			t.Error(left)
		}
		b.now += maxUnusedMS
		b.expectFound(again, token, false)
	}
}

func TestASessionCountsTheTimeThatTheBoardRanOverAllItsBoots(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	for number := range 6 {
		b.now += 29 * dayMS
		s.Find(token)
		do(t, s.Save())
		b.boot += "x"
		if number%2 == 1 { // what the other boot has run is nothing to this
			b.now += 50 * dayMS
		} else {
			b.now = 5_000
		}
		s = b.start()
		want := float64(maxSessionMS-int64(number+1)*29*dayMS) / 1000
		if left := s.SecondsLeft(b.expectFound(s, token, true)); left != want {
			t.Errorf("%v instead of %v", left, want)
		}
	}
	b.now += 6 * dayMS
	b.expectFound(s, token, false)
}

func TestTheTimeThatTheServiceWasDownCountsWithinABoot(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	do(t, s.Save())
	b.now += maxUnusedMS - 1
	b.expectFound(b.start(), token, true)
	b.now++
	b.expectFound(b.start(), token, false)
}

func TestSessionsAreStoredWithoutTokensAndWrittenRarely(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	do(t, s.Save())
	before := b.inode()
	if strings.Contains(get(t, b.path()), token) {
		t.Error("the token is there")
	}
	for range 100 {
		b.expectFound(s, token, true)
		s.saveIfDue()
	}
	b.now += sessionMarkMS - 1
	if s.saveIfDue(); b.inode() != before {
		t.Error("it was written")
	}
	b.now++
	if s.saveIfDue(); b.inode() == before {
		t.Error("it was not written")
	}
}

func TestManyLoginsAreWrittenOnceAndInTheBackground(t *testing.T) {
	b := newSessionBoard(t)
	s, writes := b.start(), 0
	rename := s.file.Disk.Rename
	s.file.Disk.Rename = func(from, to string) error { writes++; return rename(from, to) }
	for range 50 {
		begin(s, Owner)
		s.saveIfDue()
	}
	if writes != 0 {
		t.Error(writes)
	}
	b.now += savePauseMS
	for range 50 {
		s.saveIfDue()
	}
	if writes != 1 || len(b.rows()) != 50 {
		t.Error(writes, len(b.rows()))
	}
}

func TestManyViewersLogNoOwnerOut(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	owner, first := begin(s, Owner), begin(s, Viewer)
	for range 2*maxSessionsPerRole + 10 {
		b.now++
		begin(s, Viewer)
	}
	b.expectFound(s, owner, true)
	b.expectFound(s, first, false)
	oldest := s.open[1]
	oldest.seenMS = b.now // used last, so that another has to make room
	begin(s, Viewer)
	if s.find(oldest.hash) == nil {
		t.Error("the one that was used last is ended")
	}
	do(t, s.Save())
	if len(b.rows()) != maxSessionsPerRole+1 {
		t.Error(len(b.rows()))
	}
	if ids := s.EndAll(Viewer); len(ids) != maxSessionsPerRole {
		t.Error(len(ids))
	}
	b.expectFound(s, owner, true)
	if ids := s.EndAll(""); len(ids) != 1 || s.Find(owner) != nil {
		t.Error(ids)
	}
}

func TestTheStreamsOfASessionThatEndsByItselfAreEndedOnce(t *testing.T) {
	for name, end := range map[string]func(b *sessionBoard, s *Sessions){
		"unused": func(b *sessionBoard, s *Sessions) { b.now += maxUnusedMS },
		"of age": func(b *sessionBoard, s *Sessions) {
			s.open[0].seenMS = b.now + maxSessionMS
			b.now += maxSessionMS
		},
		"pushed out": func(b *sessionBoard, s *Sessions) {
			for range maxSessionsPerRole {
				b.now++
				begin(s, Owner)
			}
		},
		"changed elsewhere": func(b *sessionBoard, s *Sessions) { b.generations[Owner] = strings.Repeat("1e", 16) },
		"removed elsewhere": func(b *sessionBoard, s *Sessions) { b.generations[Owner] = "" },
	} {
		b := newSessionBoard(t)
		s := b.start()
		session := b.expectFound(s, begin(s, Owner), true)
		if b.tend(s); len(b.told) != 0 {
			t.Error(name, b.told)
		}
		end(b, s)
		for range 3 {
			b.tend(s)
		}
		if !slices.Equal(b.told, []string{session.ID}) {
			t.Error(name, b.told)
		}
	}
}

func TestTheKeeperTendsByItselfAndWritesWhenItStops(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	ctx, stop := context.WithCancel(t.Context())
	told, done := make(chan string, 1), make(chan struct{})
	hour := NewFirstHour(b.directory, b.boot, quiet())
	go func() {
		defer close(done)
		s.Keep(ctx, hour, func(id string) { told <- id })
	}()
	b.mu.Lock()
	b.generations[Owner] = strings.Repeat("1e", 16)
	b.mu.Unlock()
	<-told
	begin(s, Owner)
	stop()
	<-done
	if len(b.rows()) != 1 || s.Find(token) != nil {
		t.Error(b.rows())
	}
}

func TestNoSessionIsGoodAndNoneEndsWhileThePasswordsCannotBeRead(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	b.err = errors.New("too many open files")
	b.expectFound(s, token, false)
	b.tend(s)
	b.err = nil
	if b.expectFound(s, token, true); len(b.told) != 0 {
		t.Error(b.told)
	}
}

func TestAnEndedSessionStaysEndedAfterACrash(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	do(t, s.Save())
	s.End(s.Find(token))
	b.expectFound(s, token, false)
	do(t, s.MakeDurable())
	b.expectFound(b.start(), token, false)
}

func TestAnEndThatTheDiskDoesNotKeepHoldsAtOnceAndIsSaid(t *testing.T) {
	for _, fault := range []error{unix.EROFS, unix.EIO} {
		b := newSessionBoard(t)
		s := b.start()
		token := begin(s, Owner)
		do(t, s.Save())
		disk := s.file.Disk
		s.file.Disk.Sync = func(*os.File) error { return fault }
		s.End(s.Find(token))
		expectRefused(t, s.MakeDurable(), apierror.StateNotWritten, "nothing was changed")
		b.expectFound(s, token, false)
		b.now += savePauseMS
		s.saveIfDue()
		s.file.Disk = disk
		s.saveIfDue() // not again at once
		b.expectFound(b.start(), token, true)
		b.now += saveRetryMS
		s.saveIfDue() // the keeper goes on trying
		b.expectFound(b.start(), token, false)
	}
}

func TestOnAFullDiskAnEndLastsAtThePriceOfAllLogins(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token, other := begin(s, Owner), begin(s, Owner)
	do(t, s.Save())
	disk := s.file.Disk
	s.file.Disk.Sync = func(file *os.File) error {
		if strings.Contains(file.Name(), ".json.") {
			return unix.ENOSPC
		}
		return nil
	}
	s.End(s.Find(token))
	do(t, s.MakeDurable())
	if _, err := os.Stat(b.path()); err == nil {
		t.Error("it is there")
	}
	b.expectFound(s, other, true)
	s.file.Disk = disk // there is room again
	b.now += savePauseMS
	s.saveIfDue()
	again := b.start()
	b.expectFound(again, other, true)
	b.expectFound(again, token, false)
}

func TestNoLoginAndNoRequestWaitsForASlowDisk(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	token := begin(s, Owner)
	syncing, goOn, once := make(chan struct{}), make(chan struct{}), sync.Once{}
	s.file.Disk.Sync = func(*os.File) error {
		once.Do(func() { close(syncing) })
		<-goOn
		return nil
	}
	var writers sync.WaitGroup
	inBackground(&writers, s.Save)
	<-syncing
	b.expectFound(s, token, true)
	b.expectFound(s, begin(s, Owner), true)
	s.End(s.Find(token))
	if b.expectFound(s, token, false); len(s.takeEnded()) != 0 {
		t.Error("ended by itself")
	}
	for range 5 {
		inBackground(&writers, s.MakeDurable)
	}
	close(goOn)
	writers.Wait()
	if len(b.rows()) != 1 {
		t.Error(b.rows())
	}
}

func inBackground(writers *sync.WaitGroup, write func() error) {
	writers.Add(1)
	go func() {
		defer writers.Done()
		_ = write()
	}()
}

func TestADamagedFileLogsNobodyInAndIsReplaced(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			b := newSessionBoard(t)
			do(t, os.MkdirAll(b.directory, 0o750))
			damage(t, b.path())
			s := b.start()
			trouble := s.Trouble()
			if trouble == nil || trouble.Code != apierror.StateDamaged || trouble.Key != "trouble.sessions" || trouble.Values["command"] != "" {
				t.Fatal(trouble)
			}
			if SessionsTrouble(b.directory, quiet()) == nil {
				t.Error("no trouble")
			}
			token := begin(s, Owner)
			do(t, s.Save())
			if s.Trouble() != nil {
				t.Error(s.Trouble())
			}
			b.expectFound(b.start(), token, true)
		})
	}
}

func TestNoAccidentToTheFileLetsAnybodyInOrMakesASessionLonger(t *testing.T) {
	b := newSessionBoard(t)
	s := b.start()
	begin(s, Owner)
	do(t, s.Save())
	whole := get(t, b.path())
	expectNone := func(text string) {
		t.Helper()
		put(t, b.path(), []byte(text))
		if found := b.start(); found.Trouble() == nil && len(found.open) > 0 {
			t.Errorf("%s was taken", text)
		}
	}
	for at := range whole {
		expectNone(whole[:at])
		for bit := range 8 {
			text := []byte(whole)
			text[at] ^= 1 << bit
			expectNone(string(text))
		}
	}
}
