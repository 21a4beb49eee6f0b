package library

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// manyFiles is a folder with so many recordings that are pinned.
type manyFiles struct{ count int }

func (m manyFiles) Identity() (identity, error) { return identity{1, 1, 1}, nil }

func (m manyFiles) Names(each func([]string)) error {
	for n := range m.count {
		name := fmt.Sprintf("petcam_20260101-%02d%02d%02d~always-%d.mp4", n/3600%24, n/60%60, n%60, n/86400+2)
		each([]string{name, name + ".pin"})
	}
	return nil
}

func (m manyFiles) Stat(string) (stamp, error)           { return stamp{regular: true, size: 1}, nil }
func (m manyFiles) OpenRegular(string) (*os.File, error) { return nil, unix.ENOENT }
func (m manyFiles) MakePin(string) error                 { return nil }
func (m manyFiles) Unlink(string) error                  { return nil }
func (m manyFiles) Free() (int64, error)                 { return 0, nil }
func (m manyFiles) Sync() error                          { return nil }
func (m manyFiles) Close() error                         { return nil }

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
