package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	who "petcam/streamer/internal/access" // the name access is taken here
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/site/login"
	"petcam/streamer/internal/state"
)

// visitorState is what the page knows of its visitors: petcam-web's state directory, which belongs to who serves the page.
type visitorState struct {
	needed    bool // whether there are logins
	place     *who.Place
	hour      *who.FirstHour
	passwords *who.Passwords
	sessions  *who.Sessions
	cookie    *who.Cookie
	tokens    *who.ViewingTokens
	throttle  *who.Throttle
}

// openVisitorState opens what is there, also where it is damaged: that is said on the page, and lets nobody in.
func openVisitorState(settings config.Config, directory string, log *slog.Logger) (*visitorState, error) {
	boot, err := state.BootID()
	if err != nil {
		return nil, err
	}
	state.Sweep(directory, log)
	who.NewSecretKey(who.TokenKey, directory, log) // which is made where there is none; offers' tokens are signed with it
	s := &visitorState{
		needed:   settings.Auth.Mode == "password",
		place:    who.PlaceOf(directory, log),
		hour:     who.NewFirstHour(directory, boot, log),
		cookie:   who.NewCookie(who.NewSecretKey(who.SessionKey, directory, log)),
		tokens:   who.NewViewingTokens(directory, log),
		throttle: who.NewThrottle(time.Now, log),
	}
	s.passwords = who.NewPasswords(directory, s.hour, s.place, log)
	s.sessions = who.NewSessions(directory, s.passwords.Generation, boot, log)
	if s.needed && s.passwords.MayBeNew() {
		s.hour.Begin()
	}
	if trouble := s.place.Trouble(); trouble != nil {
		log.Error(trouble.Message)
	}
	return s, nil
}

// keep tends the state until ctx ends, and then writes what the last requests have changed. ended is called with each session
// that has ended by itself.
func (s *visitorState) keep(ctx context.Context, ended func(session string)) {
	s.sessions.Keep(ctx, s.hour, ended)
}

// pages are those of the login.
func (s *visitorState) pages(endStreams func(session string), log *slog.Logger) *login.Pages {
	return login.New(login.Options{
		Needed:     s.needed,
		Passwords:  passwords{s.passwords},
		Sessions:   sessions{s.sessions},
		Cookie:     cookies{s.cookie},
		Throttle:   s.throttle,
		Tokens:     s.tokens,
		EndStreams: endStreams,
		Log:        log,
	})
}

// passwords are those of the state as the login knows them.
type passwords struct{ *who.Passwords }

func (p passwords) Generation(role login.Role) (string, error) {
	return p.Passwords.Generation(who.Role(role))
}

func (p passwords) LogIn(password string) (role login.Role, generation string, ok bool) {
	found, generation, ok := p.Passwords.LogIn(password)
	return login.Role(found), generation, ok
}

func (p passwords) Verify(password string) (role login.Role, ok bool) {
	found, ok := p.Passwords.Verify(password)
	return login.Role(found), ok
}

// sessions are those of the state as the login and the site know them.
type sessions struct{ *who.Sessions }

func (s sessions) Begin(role login.Role, generation string) string {
	return s.Sessions.Begin(who.Role(role), generation)
}

func (s sessions) Find(token string) *site.Session {
	found := s.Sessions.Find(token)
	if found == nil {
		return nil
	}
	return &site.Session{
		ID:    found.ID,
		Owner: found.Role == who.Owner,
		Left:  func() float64 { return s.SecondsLeft(found) },
		Lasts: func() bool { return s.Sessions.Find(token) != nil },
		End:   func() { s.Sessions.End(found) },
	}
}

func (s sessions) EndAll(role login.Role) []string { return s.Sessions.EndAll(who.Role(role)) }

// cookies are the state's as the login knows them.
type cookies struct{ *who.Cookie }

func (c cookies) Read(r *http.Request, secure bool, root string) login.Presented {
	found := c.Cookie.Read(r, secure, root)
	return login.Presented{Token: found.Token, Role: login.Role(found.Role), Mark: found.Mark, Signed: found.Signed}
}

func (c cookies) Make(token string, role login.Role, generation string, secure bool, root string) *http.Cookie {
	return c.Cookie.Make(token, who.Role(role), generation, secure, root)
}

func (c cookies) MarkOf(generation string) string { return who.MarkOf(generation) }
