package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"petcam/streamer/internal/apierror"
)

// Presented is what a browser has shown; all is empty without a cookie that is signed with the key.
type Presented struct {
	Token  string
	Role   Role // empty: an older petcam's cookie does not say it
	Mark   string
	Signed bool
}

// Cookie is the session's: TOKEN.MARK.SIGNATURE of an owner, TOKEN.SIGNATURE of a viewer, by session.key, as Python's
// itsdangerous signs with SHA-256.
//
// When a session ends its cookie stays in the browser. It opens nothing, but shows as whom this browser was let in before. An
// owner's also shows by which password: MARK is of its generation. Roles have a salt each, so none passes for another.
type Cookie struct {
	signers []signer
	trouble *apierror.Error
}

// signer is of one role; empty: an older petcam's, whose sessions go on.
type signer struct {
	role Role
	key  []byte
}

// NewCookie signs with SessionKey.
func NewCookie(key *SecretKey) *Cookie {
	c := &Cookie{trouble: key.Trouble()}
	for _, each := range []struct {
		role Role
		salt string
	}{{Owner, "petcam-session-v3-owner"}, {Viewer, "petcam-session-v3-viewer"}, {"", "petcam-session-v2"}} {
		derived := sha256.Sum256(append([]byte(each.salt+"signer"), key.Secret()...)) // itsdangerous' "django-concat"
		c.signers = append(c.signers, signer{each.role, derived[:]})
	}
	return c
}

// Trouble is that of the key.
func (c *Cookie) Trouble() *apierror.Error { return c.trouble }

// Read is what the request shows. secure: it came over HTTPS; root is the path below which the pages are, empty for none.
func (c *Cookie) Read(r *http.Request, secure bool, root string) Presented {
	cookie, err := r.Cookie(cookieName(secure, root))
	if err != nil {
		return Presented{}
	}
	for _, each := range c.signers {
		if value, is := each.unsign(cookie.Value); is {
			token, mark, _ := strings.Cut(value, ".")
			return Presented{token, each.role, mark, true}
		}
	}
	return Presented{}
}

// Make is the cookie of a session that begins.
func (c *Cookie) Make(token string, role Role, generation string, secure bool, root string) *http.Cookie {
	value := token
	if role == Owner {
		value += "." + MarkOf(generation)
	}
	for _, each := range c.signers {
		if each.role == role {
			value = each.sign(value)
			break
		}
	}
	path := "/"
	if root != "" {
		path = quotedPath(root)
	}
	const maxAge = maxSessionMS / 1000
	return &http.Cookie{
		Name: cookieName(secure, root), Value: value, Path: path,
		Expires: time.Now().Add(maxAge * time.Second), MaxAge: maxAge,
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// MarkOf is that of a generation in the owner's cookie.
func MarkOf(generation string) string {
	sum := sha256.Sum256([]byte(generation))
	return hex.EncodeToString(sum[:])[:16]
}

func (s signer) sign(value string) string {
	return value + "." + base64.RawURLEncoding.EncodeToString(s.sum(value))
}

func (s signer) unsign(signed string) (value string, is bool) {
	at := strings.LastIndexByte(signed, '.')
	if at < 0 {
		return "", false
	}
	signature, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(signed[at+1:], "="))
	return signed[:at], err == nil && hmac.Equal(signature, s.sum(signed[:at]))
}

func (s signer) sum(value string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// cookieName differs between HTTP and HTTPS: over HTTP a browser does not replace a Secure cookie of the same name, so the
// login would lead back to itself. Under a path of a host that others share the cookie is for that path, which __Host- does
// not allow.
func cookieName(secure bool, root string) string {
	switch {
	case !secure:
		return "petcam_session"
	case root != "":
		return "__Secure-petcam_session"
	}
	return "__Host-petcam_session"
}

// quotedPath has what a Path= must not have as %XX, as werkzeug does; what is so already stays.
func quotedPath(path string) string {
	var to strings.Builder
	for i := range len(path) {
		c := path[i]
		isPlain := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_.-~%!$&'()*+,/:=@", c) >= 0
		if isPlain {
			to.WriteByte(c)
		} else {
			fmt.Fprintf(&to, "%%%02X", c)
		}
	}
	return to.String()
}
