package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// balanceFile is the name of the file that keeps the balance over restarts, in the recordings directory.
const balanceFile = ".petcam-space"

// position is the balance of a directory at a moment when its recordings took so many bytes.
type position struct{ recordings, balance int64 }

// text is as long for every position, so that one write in place replaces another.
func (p position) text() []byte {
	return fmt.Appendf(nil, "petcam-space 1 %019d %+020d\n", p.recordings, p.balance)
}

// parsePosition reads one; ok is false for any other text. Recordings cannot have grown by more than they are.
func parsePosition(text []byte) (p position, ok bool) {
	_, err := fmt.Sscanf(string(text), "petcam-space 1 %d %d\n", &p.recordings, &p.balance)
	ok = err == nil && p.recordings >= 0 && p.balance <= p.recordings && bytes.Equal(p.text(), text)
	return p, ok
}

// errBalance says that the balance file holds something else.
var errBalance = errors.New(balanceFile + " is damaged")

// readPosition returns what writePosition kept; ok is false where nothing is kept.
func readPosition(dir *directory) (p position, ok bool, err error) {
	file, err := openBalance(dir, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return position{}, false, nil
	}
	if err != nil {
		return position{}, false, err
	}
	defer file.Close() // it was only read from
	text := make([]byte, len(position{}.text())+1)
	n, err := file.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return position{}, false, err
	}
	if p, ok = parsePosition(text[:n]); !ok {
		return position{}, false, errBalance
	}
	return p, true, nil
}

// writePosition makes it durable. It overwrites the same few bytes, so that it works on a full disk too.
func writePosition(dir *directory, p position) error {
	file, err := openBalance(dir, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	text := p.text()
	_, err = file.WriteAt(text, 0)
	return errors.Join(err, file.Truncate(int64(len(text))), file.Sync(), file.Close(), dir.Sync())
}

// openBalance opens the file; a pipe, a link or anything else in its place is none.
func openBalance(dir *directory, flag int) (file, error) {
	info, err := dir.Lstat(balanceFile)
	if err == nil && !info.Mode().IsRegular() {
		return nil, errBalance
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return dir.OpenFile(balanceFile, flag|syscall.O_NONBLOCK, 0o640)
}

// removePosition says that there is nothing to keep.
func removePosition(dir *directory) error {
	if err := dir.Remove(balanceFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
