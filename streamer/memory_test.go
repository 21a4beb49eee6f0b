package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

func TestTheCollectorWorksMoreWhileThePageIsServed(t *testing.T) {
	now := func() int {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent
	}
	before := now()
	t.Setenv("GOGC", "")
	end := beFrugal()
	if now() != frugalGC {
		t.Error(now())
	}
	end()
	t.Setenv("GOGC", "77") // who sets it knows why
	beFrugal()()
	if now() != before {
		t.Error(now())
	}
}

func TestOfTheProgramsFileOnlyWhatNobodyHasWrittenIsLetGoOf(t *testing.T) {
	const smaps = `00400000-00a20000 r-xp 00000000 fe:00 42   /usr/bin/petcam-streamer
Rss:                6016 kB
Anonymous:             0 kB
00a20000-010f5000 r--p 00620000 fe:00 42   /usr/bin/petcam-streamer
Anonymous:             0 kB
010f5000-01155000 rw-p 00cf5000 fe:00 42   /usr/bin/petcam-streamer
Anonymous:             0 kB
01155000-01156000 r--p 00cf5000 fe:00 42   /usr/bin/petcam-streamer
Anonymous:             4 kB
7f34365a0000-7f34375a0000 r--s 00000000 00:16 3   /dev/shm/petcam_stream
Anonymous:             0 kB
31d429400000-31d42a400000 r--p 00000000 00:00 0
Anonymous:             0 kB
00400000-00a20000 r-xp 00000000 fe:00 42   /usr/bin/petcam-streamer (deleted)
Anonymous:             0 kB
VmFlags: rd ex mr mw me
`
	got := mappingsOf(strings.NewReader(smaps), "/usr/bin/petcam-streamer")
	if want := []mapping{{0x400000, 0xa20000}, {0xa20000, 0x10f5000}}; !slices.Equal(got, want) {
		t.Errorf("%x", got)
	}
}

func TestTheProgramGoesOnWhereItsFileIsLetGoOf(t *testing.T) {
	all := programMappings()
	if len(all) == 0 {
		t.Fatal("this program lies in no file")
	}
	before := residentFile(t)
	for _, each := range all {
		each.letGo()
	}
	if after := residentFile(t); after >= before {
		t.Errorf("%d KiB of the file, %d before", after, before)
	}
}

// residentFile is how much of files is in this process's memory, in KiB.
func residentFile(t *testing.T) (kib int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "RssFile:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}
