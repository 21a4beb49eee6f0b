package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// frugalGC is GOGC while the page is served: a third of the heap that is used may wait for the collector, where else as
	// much again does. It then works twice as often, a few milliseconds each time.
	frugalGC = 30
	// letGoEach is between times that the program's own file is let go of.
	letGoEach = 10 * time.Second
)

// beFrugal has the process take less memory, for boards that have 64 MB, until what it gives is called.
func beFrugal() (end func()) {
	debug.FreeOSMemory() // what only starting took
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(frugalGC)
	return func() { debug.SetGCPercent(before) }
}

// letGo has the process hold no more of its program's file than it uses, until ctx ends: the kernel maps 64 KiB where a page
// of 4 is asked for, and so nearly all of the file after a while. What is let go of stays in the kernel's cache while there
// is room, as what may go first; a page that is used again costs less than a microsecond then.
func letGo(ctx context.Context) {
	own := programMappings()
	ticker := time.NewTicker(letGoEach)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, each := range own {
			each.letGo()
		}
	}
}

// mapping is a part of this process's memory.
type mapping struct{ begin, end uintptr }

// letGo leaves it as it is where the kernel does not want to.
func (m mapping) letGo() {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.begin, m.end-m.begin, unix.MADV_DONTNEED)
}

func programMappings() []mapping {
	own, err := os.Executable()
	if err != nil {
		return nil
	}
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil
	}
	defer func() { _ = smaps.Close() }()
	return mappingsOf(smaps, own)
}

// mappingsOf are those of a file that can be read from it again, as nobody writes to them, and nobody has: a program that is
// position-independent works its addresses off before it makes them read-only. It reads proc(5)'s smaps.
func mappingsOf(smaps io.Reader, file string) (all []mapping) {
	var m mapping
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) > 2 && fields[0] == "Anonymous:":
			if m.end > 0 && fields[1] == "0" {
				all = append(all, m)
			}
		case len(fields) > 4 && strings.Contains(fields[0], "-"):
			m = mapping{}
			if len(fields) == 6 && fields[5] == file && !strings.Contains(fields[1], "w") {
				_, _ = fmt.Sscanf(fields[0], "%x-%x", &m.begin, &m.end) // else it is none
			}
		}
	}
	return all
}
