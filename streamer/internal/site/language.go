package site

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"petcam/streamer/internal/apierror"
)

// The language of an answer is the one that this browser has chosen on a page, by ?language=TAG, kept in a cookie that says
// nothing else; else the first of the browser's own; Japanese where it names none, English where it names only others.
const (
	english           = "en"
	withoutPreference = "ja"
	languageArgument  = "language"
	languageCookie    = "petcam_language"
	languageFor       = 365 * 24 * time.Hour
)

// Language is that of the answer, which from now on says so.
func (r *Request) Language() string {
	if r.language == "" {
		if r.language = r.chosenLanguage(); r.language == "" {
			r.language = r.browsersLanguage()
		}
	}
	return r.language
}

// Say is the text of a key in the request's language, with values for its places: names, each with its value.
func (r *Request) Say(key string, values ...string) string {
	places := map[string]string{}
	for at := 0; at+1 < len(values); at += 2 {
		places[values[at]] = values[at+1]
	}
	return r.site.Bundle.Text(r.Language(), key, places)
}

func (r *Request) chosenLanguage() string {
	asked := ""
	for _, each := range r.arguments() {
		if each.name == languageArgument {
			asked = each.value
		}
	}
	for _, tag := range []string{asked, r.cookie(languageCookie)} {
		if slices.Contains(r.site.Bundle.Languages(), tag) {
			return tag
		}
	}
	return ""
}

func (r *Request) browsersLanguage() string {
	var tags []string
	for _, each := range accepts(header(r.Request, "Accept-Language")) {
		tags = append(tags, each.name)
	}
	if tags == nil {
		tags = []string{withoutPreference}
	}
	if best := r.site.Bundle.Best(append(tags, english)...); best != "" {
		return best
	}
	return english
}

// arguments are the query's, also where that is refused as no text: the page that says so has a language too.
func (r *Request) arguments() []pair {
	ascii := []rune{}
	for i := range len(r.Query) {
		if c := r.Query[i]; c < 0x80 {
			ascii = append(ascii, rune(c))
		} else {
			ascii = append(ascii, '\uFFFD')
		}
	}
	return parsePairs(string(ascii), replaced)
}

// cookie is the text of the first cookie of that name.
func (r *Request) cookie(name string) string {
	for _, each := range strings.Split(strings.Join(r.Header.Values("Cookie"), ";"), ";") {
		if key, value, _ := strings.Cut(each, "="); strings.Trim(key, " \t") == name {
			value = strings.Trim(value, " \t")
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			return value
		}
	}
	return ""
}

// languageLinks lead to the same page in each language: of a language's tag, the address.
func (r *Request) languageLinks(texts map[string]string) {
	others := slices.DeleteFunc(r.arguments(), func(each pair) bool { return each.name == languageArgument })
	for _, tag := range r.site.Bundle.Languages() {
		texts["href."+tag] = "?" + writePairs(append(slices.Clip(others), pair{languageArgument, tag}), "")
	}
}

// rememberLanguage is for an answer that has words of a language.
func (r *Request) rememberLanguage(h http.Header) {
	if r.language == "" {
		return
	}
	vary := "Accept-Language, Cookie"
	if before := h.Get("Vary"); before != "" {
		vary = before + ", " + vary
	}
	h.Set("Vary", vary)
	if slices.Contains(r.arguments(), pair{languageArgument, r.language}) {
		h.Add("Set-Cookie", languageCookie+"="+r.language+
			"; Expires="+time.Now().Add(languageFor).UTC().Format(http.TimeFormat)+
			"; Max-Age="+strconv.Itoa(int(languageFor/time.Second))+"; HttpOnly; Path="+r.cookiePath()+"; SameSite=Lax")
	}
}

func (r *Request) cookiePath() string {
	if r.Root == "" {
		return "/"
	}
	return r.Root
}

// explain is what a page says of an error: its own words, those of its code, or the English message.
func (r *Request) explain(err *apierror.Error) string {
	for _, key := range []string{err.Key, "refusals." + string(err.Code), "errors." + string(err.Code)} {
		if r.site.Bundle.Has(key) {
			return r.site.Bundle.Text(r.Language(), key, err.Values)
		}
	}
	return err.Message
}

// explainPhrase is what a page says of an error that has no more than a phrase.
func (r *Request) explainPhrase(phrase string) string {
	for _, key := range []string{"refusals." + phrase, "page.error.other"} {
		if r.site.Bundle.Has(key) {
			return r.Say(key)
		}
	}
	return phrase
}
