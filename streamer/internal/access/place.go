package access

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

const (
	defaultDirectory = "/var/lib/petcam"
	secretsDirectory = "/etc/petcam/secrets" // the package makes it; a checkout has none
	placeCredential  = "place"               // also the name of the file that systemd makes it of
	notYet           = "none"                // the credential while there is no such file: the unit's SetCredential=
	noMark           = "damaged"             // a half that no directory has
)

func placeKind() state.Kind {
	const anew = "sudo rm /etc/petcam/secrets/place && sudo systemctl restart petcam.target"
	return state.Kind{
		Name: ".petcam-place", MaxBytes: 64, Effect: "nobody can log in", Key: "trouble.place", Command: state.Doctor,
		Remedy: "mount the disk that it was on, and petcam goes on by itself; or begin anew: " + anew,
	}
}

var markForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Place says whether the state directory is the one in which this board was set up: what is empty is not taken for new
// (docs/state.md, "The mark"). It is safe for goroutines.
type Place struct {
	directory string
	mark      string // the other half; empty: there is no rule
	file      *state.StateFile
	first     *apierror.Error // the trouble at the start
	volatile  func(directory string) bool
}

// NewPlace takes the other half of the mark, which is on the root disk; empty: there is no rule. It logs nothing.
func NewPlace(directory, mark string) *Place {
	return newPlace(directory, mark, slog.New(slog.DiscardHandler))
}

func newPlace(directory, mark string, log *slog.Logger) *Place {
	p := &Place{directory: directory, mark: mark, file: state.NewStateFile(directory, placeKind(), log), volatile: isVolatile}
	p.first = p.TroubleNow()
	return p
}

// PlaceOf takes systemd's credential for the other half, else, for a command on the package's directory, the file that it
// is made of. A command that may not read that knows of no rule.
func PlaceOf(directory string, log *slog.Logger) *Place {
	return newPlace(directory, OtherHalf(directory), log)
}

// OtherHalf is that of the mark, as PlaceOf finds it; empty: there is no rule.
func OtherHalf(directory string) string {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	if folder == "" && directory != defaultDirectory {
		return ""
	}
	if folder == "" {
		folder = secretsDirectory
	}
	text, err := os.ReadFile(filepath.Join(folder, placeCredential))
	mark := strings.TrimSpace(string(text))
	switch {
	case err != nil || mark == notYet:
		return ""
	case mark == "":
		return noMark // it is there and says nothing: nobody knows of a directory that is the one
	}
	return mark
}

// Trouble is why nobody can log in. What was there at the start stays, since the directory was read then; the service ends
// where HasChanged.
func (p *Place) Trouble() *apierror.Error {
	if p.first != nil {
		return p.first
	}
	return p.TroubleNow()
}

// HasChanged says whether there is trouble now, but was none at the start, or the other way round.
func (p *Place) HasChanged() bool {
	now := p.TroubleNow()
	if now != nil && state.Strerror(now.Cause) != "" {
		return false // that cannot be told for the moment, as where no descriptor is left
	}
	return (now == nil) != (p.first == nil)
}

// VolatileTrouble is why no first password may be set by the page: the next restart would forget it, and ask somebody else.
func (p *Place) VolatileTrouble() *apierror.Error {
	if p.mark == "" || !p.volatile(p.directory) {
		return nil
	}
	return apierror.New(apierror.Forbidden, "%s is in memory (overlayroot, tmpfs): a restart forgets what is changed now, so "+
		"no first password can be set by the page: set it with sudo petcam password before that is turned on", p.directory).
		WithWords("trouble.volatile", "command", "sudo petcam password")
}

// TroubleNow is Trouble as it is at the moment, whatever was at the start.
func (p *Place) TroubleNow() *apierror.Error {
	if p.mark == "" {
		return nil
	}
	found, has, err := state.Parsed(p.file, parseMark)
	switch {
	case err != nil:
		return state.AsError(err)
	case found == p.mark:
		return nil
	}
	what := "has another board's mark"
	if !has {
		what = "has no mark"
	}
	kind := placeKind()
	return apierror.New(apierror.StateDamaged, "%s is not where petcam was set up: it %s %s, so %s: %s", p.directory, what,
		kind.Name, kind.Effect, kind.Remedy).WithWords(kind.Key, "command", kind.Command)
}

func parseMark(text []byte) (string, error) {
	found := strings.TrimSpace(string(text))
	switch {
	case !utf8.Valid(text):
		return "", state.ErrNoText
	case !markForm.MatchString(found):
		return "", errors.New("is no mark")
	}
	return found, nil
}
