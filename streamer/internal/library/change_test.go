package library

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
)

const (
	grows   = "petcam_20260102-000000~always-2.mp4"
	becomes = "petcam_20260102-000000~visit-2.mp4"
)

func (b *board) isThere(name string) bool {
	_, err := os.Lstat(filepath.Join(b.path, name))
	return err == nil
}

func TestPinningAndUnpinningTwiceDoesNoHarm(t *testing.T) {
	b := newBoard(t)
	b.write(nameA, "x")
	b.write(nameC+".part", "x")
	for _, name := range []string{nameA, nameC} {
		for range 2 {
			b.must(b.Pin(name))
			info, err := os.Lstat(filepath.Join(b.path, name+".pin"))
			if err != nil || info.Mode() != 0o640 {
				t.Error(info, err)
			}
		}
		for range 2 {
			b.must(b.Unpin(name))
			if b.isThere(name + ".pin") {
				t.Error("still pinned")
			}
		}
	}
	b.wantCode(b.Pin(nameB), apierror.NotFound)
	b.wantCode(b.Unpin(nameB), apierror.NotFound)
	if b.isThere(nameB + ".pin") {
		t.Error("what is not there is pinned")
	}
}

func TestOneIsDeletedOnceAndNeitherAPinnedOneNorOneThatGrows(t *testing.T) {
	b := newBoard(t)
	b.write(nameA, "x")
	b.write(nameC+".part", "x")
	b.must(b.Pin(nameA))
	b.wantCode(b.Delete(nameA), apierror.Conflict)
	b.wantCode(b.Delete(nameC), apierror.Conflict)
	b.must(b.Unpin(nameA))
	b.must(b.Delete(nameA))
	b.wantCode(b.Delete(nameA), apierror.NotFound)
	if b.isThere(nameA) || !b.isThere(nameC+".part") {
		t.Error("the wrong one is gone")
	}
}

func TestNoLinkIsFollowedAndNothingElseIsTouched(t *testing.T) {
	b := newBoard(t)
	secret := filepath.Join(b.path, "..", "secret.mp4")
	b.must(os.WriteFile(secret, []byte("secret"), 0o600))
	b.must(os.Symlink(secret, filepath.Join(b.path, nameA)))
	b.must(os.Symlink(secret, filepath.Join(b.path, nameB+".part")))
	b.must(unix.Mkfifo(filepath.Join(b.path, nameC), 0o600))
	b.must(os.Mkdir(filepath.Join(b.path, nameD), 0o700))
	for _, name := range []string{nameA, nameB, nameC, nameD, "../secret.mp4", "x/" + nameA, nameA + ".part", nameA + "\x00", ""} {
		_, err := b.OpenRecording(name)
		b.wantCode(err, apierror.NotFound)
		_, err = b.Boxes(name, 0, 10)
		b.wantCode(err, apierror.NotFound)
		b.wantCode(b.Pin(name), apierror.NotFound)
		b.wantCode(b.Unpin(name), apierror.NotFound)
	}
	b.wantCode(b.Delete(nameD), apierror.NotFound)
	b.wantNames()
	b.write("petcam_20260104-120000.mp4", "x")
	b.must(os.Symlink(filepath.Join(b.path, "elsewhere"), filepath.Join(b.path, "petcam_20260104-120000.mp4.pin")))
	b.must(b.Pin("petcam_20260104-120000.mp4"))
	if text, err := os.ReadFile(secret); err != nil || string(text) != "secret" || b.isThere("elsewhere") {
		t.Error(string(text), err)
	}
}

func TestAKindThatChangesKeepsItsFilmAndItsPin(t *testing.T) {
	b := newBoard(t)
	b.write(grows+".part", "film")
	both := func() {
		for _, name := range []string{grows, becomes} {
			file, err := b.OpenRecording(name)
			b.must(err)
			text, err := io.ReadAll(file)
			if b.must(errors.Join(err, file.Close())); string(text) != "film" {
				t.Error(string(text))
			}
		}
	}
	both()
	b.rename(grows+".part", becomes+".part")
	both()
	b.rename(becomes+".part", becomes)
	both()
	b.must(b.Pin(grows))
	if !b.isThere(becomes+".pin") || b.isThere(grows+".pin") {
		t.Error("another one is pinned")
	}
	b.must(b.Unpin(grows))
	b.must(b.Delete(grows))
	b.wantCode(b.Delete(becomes), apierror.NotFound)
}

func TestAPinThatComesWhileTheKindChangesIsNotLost(t *testing.T) {
	for _, movesPin := range []bool{true, false} {
		b := newBoard(t)
		b.write(grows+".part", "x")
		b.beforePin = func(name string) { // the recorder renames, and finds the pin or not when it looks for it afterwards
			b.rename(grows+".part", becomes+".part")
			if movesPin {
				b.must(os.WriteFile(filepath.Join(b.path, name), nil, 0o600))
				b.rename(name, becomes+".pin")
			}
		}
		b.must(b.Pin(grows))
		if !b.isThere(becomes+".pin") || b.isThere(grows+".pin") {
			t.Error("its pin is lost")
		}
	}
}

func TestManyAreDeletedAndWhyOthersWereNotIsSaid(t *testing.T) {
	b := four(t)
	b.rename(nameC, nameC+".part")
	failures, err := b.DeleteAll([]string{nameA, nameB, nameC, nameD, "../x"})
	if err != nil || len(failures) != 3 || b.synced != 1 {
		t.Error(failures, err, b.synced)
	}
	for name, want := range map[string]string{
		nameB: nameB + " is pinned; unpin it first", nameC: nameC + " is being recorded; stop it first",
		"../x": "there is no recording '../x'",
	} {
		if failures[name] == nil || failures[name].Message != want {
			t.Error(failures[name])
		}
	}
	if _, err := b.DeleteAll([]string{"petcam_20200101-000000.mp4"}); err != nil || b.synced != 1 {
		t.Error("what changed nothing is made durable", err)
	}
}

func TestWhatADiskFailsWithIsSaid(t *testing.T) {
	for _, c := range []struct {
		fails string
		with  unix.Errno
		want  apierror.Code
	}{
		{"open", unix.EIO, apierror.DiskFault}, {"open", unix.ENOTCONN, apierror.DiskFault}, {"open", unix.ESTALE, apierror.DiskFault},
		{"open", unix.EACCES, apierror.Forbidden}, {"open", unix.EMFILE, ""}, {"pin", unix.ENOSPC, apierror.DiskFull},
		{"pin", unix.EDQUOT, apierror.DiskFull}, {"pin", unix.EROFS, apierror.Forbidden}, {"pin", unix.ELOOP, apierror.NotFound},
		{"sync", unix.EIO, apierror.DiskFault}, {"read", unix.ENFILE, ""}, {"stat", unix.EIO, apierror.DiskFault},
	} {
		b := four(t)
		b.fails, b.fail = c.fails, c.with
		err := b.Pin(nameA)
		if c.want == "" {
			var known *apierror.Error
			if !errors.Is(err, c.with) || errors.As(err, &known) {
				t.Error(c, err)
			}
			continue
		}
		b.wantCode(err, c.want)
	}
	b := four(t)
	b.fails, b.fail = "unlink", unix.EIO
	failures, err := b.DeleteAll([]string{nameA, nameC})
	if err != nil || len(failures) != 2 || failures[nameA].Code != apierror.DiskFault {
		t.Error(failures, err)
	}
	b.fails, b.fail = "open", unix.EACCES
	_, err = b.Page(1, "", Wanted{})
	b.wantCode(err, apierror.Forbidden)
	b.fail = unix.EROFS
	_, _, err = b.Days(Wanted{})
	b.wantCode(err, apierror.DiskFault)
}

func TestADiskWithoutModesAndDurableFoldersIsTakenAsItIs(t *testing.T) {
	for _, lacking := range []unix.Errno{unix.EPERM, unix.EINVAL, unix.ENOTSUP, unix.ENOSYS} {
		if wished(lacking) != nil {
			t.Error(lacking)
		}
	}
	if wished(unix.EIO) == nil || wished(unix.EACCES) == nil {
		t.Error("a fault of the disk is taken for a wish")
	}
}

func TestNoDescriptorStaysOpen(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(entries)
	}
	b := four(t)
	before := count()
	for range 5 {
		b.page(10)
		b.must(b.Pin(nameA))
		b.wantCode(b.Delete(nameA), apierror.Conflict)
		b.must(b.Unpin(nameA))
		_, err := b.Boxes(nameA, 0, 10)
		b.wantCode(err, apierror.NotFound)
		b.fails, b.fail = "pin", unix.EACCES
		b.wantCode(b.Pin(nameA), apierror.Forbidden)
		b.fails = ""
	}
	if after := count(); after != before {
		t.Error(before, after)
	}
}

func TestNamesAreQuotedAsPythonDoes(t *testing.T) {
	for name, want := range map[string]string{
		"": "''", "a'b": `"a'b"`, `a'b"`: `'a\'b"'`, "\\\t\n\r\x00\x7f": `'\\\t\n\r\x00\x7f'`, "\u0085\u3000\U000e0001": `'\x85\u3000\U000e0001'`,
		"猫😀é": "'猫😀é'", strings.Repeat("猫", 61): "'" + strings.Repeat("猫", 60) + "'",
	} {
		if got := quoted(name); got != want {
			t.Error(got, want)
		}
	}
}
