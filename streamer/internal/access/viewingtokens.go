package access

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/viewingtoken"
)

const (
	maxTokens          = 100
	maxLabelCharacters = 64
)

var idForm = regexp.MustCompile(`^[0-9a-f]{8}$`)

func viewingTokensKind() state.Kind {
	return state.Kind{
		Name: viewingtoken.Name, MaxBytes: viewingtoken.MaxFileBytes, Effect: "no viewing token is good",
		Remedy: "to begin anew: sudo rm {path}; sudo petcam token add", Key: "trouble.viewing_tokens", Command: state.Doctor,
		Mode: 0o640, // the streamer reads it as a member of the directory's group
	}
}

// ViewingTokens are for programs that watch and cannot log in: docs/http-api.md, section "Viewing tokens". Safe for
// goroutines.
type ViewingTokens struct {
	file *state.StateFile
	max  int
	now  func() time.Time

	mu     sync.Mutex // guards what follows
	isRead bool
	stamp  state.Stamp
	rights map[string]bool // by the token's SHA-256: whether it may turn the camera, too
}

// NewViewingTokens reads nothing yet.
func NewViewingTokens(directory string, log *slog.Logger) *ViewingTokens {
	return &ViewingTokens{file: state.NewStateFile(directory, viewingTokensKind(), log), max: maxTokens, now: time.Now}
}

// Path is that of the file.
func (t *ViewingTokens) Path() string { return t.file.Path }

// Accepts says whether the token is one.
func (t *ViewingTokens) Accepts(token string) bool {
	_, has := t.known()[digest(token)]
	return has
}

// MayTurnCamera says whether the token may turn the camera, too.
func (t *ViewingTokens) MayTurnCamera(token string) bool { return t.known()[digest(token)] }

// Trouble is what is wrong with the file.
func (t *ViewingTokens) Trouble() *apierror.Error { return state.Trouble(t.file, viewingtoken.Parse) }

// All are those that there are. Its error is StateDamaged.
func (t *ViewingTokens) All() ([]viewingtoken.Token, error) {
	found, _, err := state.Parsed(t.file, viewingtoken.Parse)
	if err == nil || state.IsForLackOfPermission(err) {
		return found, err
	}
	return nil, apierror.New(state.AsError(err).Code, "%[1]s is damaged and lets nobody in; to begin anew: sudo rm %[1]s; sudo petcam token add", t.file.Path).
		WithWords("commands.token.damaged", "path", t.file.Path).WithCause(err)
}

// Add makes a token and gives it, this once; camera: it may turn that off and on, too. Its error is BadRequest, with a
// message for people, or those of All and of writing.
func (t *ViewingTokens) Add(label string, camera bool) (token string, err error) {
	existing, err := t.All()
	if err != nil {
		return "", err
	}
	if label != "" && !isLabel(label) {
		return "", apierror.New(apierror.BadRequest, "a label has at most 64 printable characters, and is not like an ID").WithWords("commands.token.label")
	}
	for _, each := range existing {
		if label != "" && each.Label == label {
			return "", apierror.New(apierror.BadRequest, "there is a token with the label %s already: revoke it first", label).
				WithWords("commands.token.label_taken", "label", label)
		}
	}
	if len(existing) >= t.max {
		return "", apierror.New(apierror.BadRequest, "there are %d tokens already: revoke some", t.max).
			WithWords("commands.token.most", "most", strconv.Itoa(t.max))
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // ends the program rather than fail
	token = "petcam_" + base64.RawURLEncoding.EncodeToString(random)
	added := viewingtoken.Token{ID: randomHex(4), Label: label, SHA256: digest(token), Created: t.now().Unix(), Camera: camera}
	if err := t.write(append(existing, added)); err != nil {
		return "", err
	}
	return token, nil
}

// Revoke ends the token of an id or a label. Its error is NotFound, or those of All and of writing.
func (t *ViewingTokens) Revoke(name string) (viewingtoken.Token, error) {
	existing, err := t.All()
	if err != nil {
		return viewingtoken.Token{}, err
	}
	for i, each := range existing {
		if name != "" && (name == each.ID || name == each.Label) {
			return each, t.write(append(existing[:i:i], existing[i+1:]...))
		}
	}
	return viewingtoken.Token{}, apierror.New(apierror.NotFound,
		"there is no token with the ID or label %s; which there are says: sudo petcam token list", name).
		WithWords("commands.token.unknown", "name", name)
}

// known reads the file again whenever it has changed, because another process writes it. No token is good where it is
// damaged or cannot be read now; it is then read again at the next try.
func (t *ViewingTokens) known() map[string]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	stamp, there := state.StampOf(t.file.Path)
	if t.isRead && there && stamp == t.stamp {
		return t.rights
	}
	tokens, _, err := state.Parsed(t.file, viewingtoken.Parse)
	t.isRead, t.stamp, t.rights = err == nil && there, stamp, make(map[string]bool, len(tokens))
	for _, each := range tokens {
		t.rights[each.SHA256] = each.Camera
	}
	return t.rights
}

func (t *ViewingTokens) write(tokens []viewingtoken.Token) error {
	rows := make([]any, len(tokens))
	for i, each := range tokens {
		rows[i] = state.Fields{
			{Name: "id", Value: each.ID}, {Name: "label", Value: each.Label}, {Name: "sha256", Value: each.SHA256},
			{Name: "created", Value: each.Created}, {Name: "camera", Value: each.Camera},
		}
	}
	content, err := state.PlainJSON(state.Fields{{Name: "version", Value: int64(viewingtoken.Version)}, {Name: "tokens", Value: rows}})
	if err != nil {
		return err
	}
	return t.file.Write(content)
}

// isLabel wants 1 to 64 printable characters, no space at either end, and nothing that an id may be.
func isLabel(label string) bool {
	if !utf8.ValidString(label) || utf8.RuneCountInString(label) > maxLabelCharacters || idForm.MatchString(label) {
		return false
	}
	for _, r := range label {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return label[0] != ' ' && label[len(label)-1] != ' '
}
