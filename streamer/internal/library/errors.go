package library

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
)

// maxShownName is how many characters of a name an error repeats.
const maxShownName = 60

func isOneOf(err error, numbers ...unix.Errno) bool {
	for _, number := range numbers {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}

// listingError makes an apierror of an error of the disk but that nothing is there.
func (d *Directory) listingError(err error) error {
	if isOneOf(err, unix.EACCES, unix.EPERM) {
		return apierror.New(apierror.Forbidden, "petcam-streamer may not read recording.directory").WithCause(err)
	}
	return d.diskError(err)
}

// changeError makes an apierror of what is wrong with one recording.
func (d *Directory) changeError(name string, err error) error {
	var known *apierror.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case isOneOf(err, unix.ENOENT, unix.ELOOP, unix.EISDIR, unix.ENOTDIR): // gone, a link, a directory
		return notFound(name).WithCause(err)
	case isOneOf(err, unix.EACCES, unix.EPERM, unix.EROFS):
		return apierror.New(apierror.Forbidden,
			"petcam-streamer may not do that with %s; is its folder read-only, or another user's?", name).WithCause(err)
	}
	return d.diskError(err)
}

// diskError makes an apierror of any other error of the disk; those of this process or machine, and no disk's, stay.
func (d *Directory) diskError(err error) error {
	switch {
	case isOneOf(err, unix.EMFILE, unix.ENFILE, unix.ENOMEM):
		return err
	case isOneOf(err, unix.ENOSPC, unix.EDQUOT):
		return apierror.New(apierror.DiskFull, "the disk of recording.directory is full; delete recordings").WithCause(err)
	}
	d.log.Error("the disk of recording.directory has a fault", "error", err)
	return apierror.New(apierror.DiskFault,
		"the disk of recording.directory has a fault or is gone; see petcam-streamer's log, and mount it again").WithCause(err)
}

func notFound(name string) *apierror.Error {
	return apierror.New(apierror.NotFound, "there is no recording %s", quoted(name))
}

func conflict(format, name string) *apierror.Error {
	return apierror.New(apierror.Conflict, format, name)
}

// quoted is the beginning of a name as Python's repr has it.
func quoted(name string) string {
	quote := '\''
	if runes := []rune(name); len(runes) > maxShownName {
		name = string(runes[:maxShownName])
	}
	if strings.ContainsRune(name, '\'') && !strings.ContainsRune(name, '"') {
		quote = '"'
	}
	var out strings.Builder
	out.WriteRune(quote)
	for _, c := range name {
		switch {
		case c == quote || c == '\\':
			out.WriteRune('\\')
			out.WriteRune(c)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\t':
			out.WriteString(`\t`)
		case unicode.IsPrint(c):
			out.WriteRune(c)
		default:
			out.WriteString(escaped(c))
		}
	}
	out.WriteRune(quote)
	return out.String()
}

func escaped(c rune) string {
	begin, width := `\x`, 2
	switch {
	case c > 0xffff:
		begin, width = `\U`, 8
	case c >= utf8.RuneSelf<<1:
		begin, width = `\u`, 4
	}
	hex := strconv.FormatInt(int64(c), 16)
	return begin + strings.Repeat("0", width-len(hex)) + hex
}
