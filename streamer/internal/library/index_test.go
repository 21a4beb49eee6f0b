package library

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNamesAreNotListedAgainWhileTheFolderIsTheSame(t *testing.T) {
	b := four(t)
	b.settle()
	for range 3 {
		b.wantNames(nameD, nameC, nameB, nameA)
	}
	if b.listed != 1 {
		t.Error(b.listed)
	}
	b.remove(nameA)
	b.wantNames(nameD, nameC, nameB)
	if b.listed != 2 {
		t.Error(b.listed)
	}
}

func TestANewFileIsSeenByTheFoldersTimeWhateverThatIs(t *testing.T) {
	b := four(t)
	b.settle()
	b.page(10)
	b.write("petcam_20260105-120000.mp4", "x")
	b.must(os.Chtimes(b.path, time.Unix(1e9-60, 0), time.Unix(1e9-60, 0)))
	if names := b.names(); len(names) != 5 || b.listed != 2 {
		t.Error(names, b.listed)
	}
}

func TestNamesAreListedAgainAfterAWhile(t *testing.T) {
	b := four(t)
	b.settle()
	b.page(10)
	b.page(10)
	b.ago = maxLook - time.Second
	b.page(10)
	if b.listed != 1 {
		t.Error(b.listed)
	}
	b.ago = maxLook + time.Second
	b.write("petcam_20260105-120000.mp4", "x")
	b.settle()
	if names := b.names(); len(names) != 5 || b.listed != 2 {
		t.Error(names, b.listed)
	}
}

func TestWhatIsFinishedOrDeletedIsSeenAtOnceWhereTheFolderKeepsItsTime(t *testing.T) {
	b := newBoard(t)
	b.write(nameA, "x")
	b.write(nameB+".part", "x")
	b.settle()
	b.wantNames(nameB, nameA)
	b.rename(nameB+".part", nameB)
	b.settle()
	if row := b.page(1).Recordings[0]; row.Name != nameB || row.State != Complete {
		t.Error(row)
	}
	b.remove(nameA)
	b.settle()
	b.wantNames(nameB)
}

func TestAFolderThatSays1970TellsNothing(t *testing.T) {
	b := newBoard(t)
	epoch := func() { b.must(os.Chtimes(b.path, time.Unix(0, 0), time.Unix(0, 0))) }
	epoch()
	b.wantNames()
	b.write(nameA, "x")
	epoch()
	b.wantNames(nameA)
}

func TestWhatIsDeletedAndPinnedHereIsSeenAtOnceWhateverTheFolderSays(t *testing.T) {
	b := four(t)
	b.settle()
	b.page(10)
	b.must(b.Delete(nameA))
	b.must(b.Pin(nameC))
	b.settle()
	yes := true
	page, err := b.Page(10, "", Wanted{Pinned: &yes})
	if err != nil || len(page.Recordings) != 2 || page.Totals.Count != 3 {
		t.Error(page, err)
	}
}

func TestFilesThatChangeInPlaceAreNoticedInTurnAndGrowingOnesAlways(t *testing.T) {
	b := newBoard(t)
	b.index.limits.checked = 2
	for n := range 6 {
		b.write(fmt.Sprintf("petcam_20260101-12000%d.mp4", n), "x")
	}
	b.write(nameD+".part", "x")
	b.settle()
	b.page(10)
	for size := 2; size < 6; size++ {
		b.write(nameD+".part", strings.Repeat("x", size))
		if used := b.page(10).Totals.Used; used != int64(6+size) {
			t.Error(used)
		}
	}
	b.write(nameD+".part", "xx")
	for n := range 6 {
		b.write(fmt.Sprintf("petcam_20260101-12000%d.mp4", n), "xxx")
	}
	b.settle()
	first := b.page(10).Totals.Used
	for range 3 {
		b.page(10)
	}
	if last := b.page(10).Totals.Used; first >= 20 || last != 20 {
		t.Error(first, last)
	}
}

func TestOfThousandsFewFilesAreLookedAtAndThoseOfThePageOpened(t *testing.T) {
	b := newBoard(t)
	for n := range 3000 {
		name := fmt.Sprintf("petcam_20260101-%02d%02d%02d.mp4", n/3600, n/60%60, n%60)
		b.must(os.WriteFile(filepath.Join(b.path, name), nil, 0o600))
	}
	b.settle()
	b.page(100)
	b.listed, b.looked, b.opened = 0, 0, nil
	if page := b.page(5); len(page.Recordings) != 5 || page.Totals.Count != 3000 {
		t.Error(page)
	}
	if _, _, err := b.Days(Wanted{Kind: "hand"}); err != nil {
		t.Error(err)
	}
	if b.looked > 2*checkedFiles+10 || b.listed > 0 {
		t.Error(b.listed, b.looked)
	}
}

func TestOfMoreThanItKeepsTheOldestAreLeftOut(t *testing.T) {
	for _, listed := range []int{3, 100} {
		b := four(t)
		b.index.limits.recordings, b.index.limits.listed = 2, listed
		b.write(nameC+".pin", "")
		for _, name := range []string{"petcam_notes.txt", "petcam_zzz.mp4"} {
			b.must(os.WriteFile(filepath.Join(b.path, name), nil, 0o600))
		}
		b.wantNames(nameD, nameC)
		if rows := b.page(2).Recordings; !rows[1].Pinned || rows[0].Pinned {
			t.Error(rows)
		}
		b.remove(nameD)
		b.wantNames(nameC, nameB)
	}
}

func TestARecordingKeepsItsPlaceWhileItGrowsIsFinishedAndGoes(t *testing.T) {
	b := newBoard(t)
	b.write(nameA+".part", "x")
	b.wantNames(nameA)
	b.rename(nameA+".part", nameA)
	if row := b.page(1).Recordings[0]; row.State != Complete {
		t.Error(row)
	}
	b.remove(nameA)
	b.wantNames()
	b.must(os.Mkdir(filepath.Join(b.path, nameA), 0o700))
	b.wantNames()
	b.remove(nameA)
	b.write(nameA, "x")
	b.wantNames(nameA)
}

func TestAnotherDiskInTheFoldersPlaceIsListedAnew(t *testing.T) {
	b := four(t)
	b.index.limits.checked = 0
	b.page(10)
	b.must(os.Rename(b.path, b.path+"-before"))
	b.must(os.Mkdir(b.path, 0o700))
	b.write(nameA, "another")
	b.wantNames(nameA)
	if used := b.page(1).Totals.Used; used != 7 {
		t.Error(used)
	}
}

func TestOnlyFilesThatDoNotBearOutTheirNamesAreOpenedForTheirDaysAndOnce(t *testing.T) {
	b := four(t)
	b.end(nameA, -time.Hour)
	b.end(nameB, 3*time.Hour)
	for range 3 {
		if days, _, err := b.Days(Wanted{}); err != nil || len(days) != 3 {
			t.Error(days, err)
		}
	}
	slices.Sort(b.opened)
	if !slices.Equal(b.opened, []string{nameA, nameB}) {
		t.Error(b.opened)
	}
}

func TestSoManyFilesAreOpenedAtATimeAndTheOthersLater(t *testing.T) {
	b := four(t)
	b.index.limits.opened = 1
	film := films(t)["finished"] // which began with nameA
	for _, name := range []string{nameB, strings.Replace(nameB, "0000", "0001", 1)} {
		b.write(name, string(film))
		b.end(name, -24*time.Hour)
	}
	for _, want := range []int{2, 3, 3} {
		days, _, err := b.Days(Wanted{})
		if err != nil || days[len(days)-1].Count != want {
			t.Error(days, err)
		}
	}
}

func TestDaysSayWhatIsPinned(t *testing.T) {
	days, totals, err := four(t).Days(Wanted{})
	want := []Day{{"2026-01-03", 2, 0}, {"2026-01-02", 1, 1}, {"2026-01-01", 1, 0}}
	if err != nil || !reflect.DeepEqual(days, want) || totals.Count != 4 || totals.Used != 4 || totals.Free <= 0 {
		t.Error(days, totals, err)
	}
}

func TestAfterAFaultOfTheDiskAllIsListed(t *testing.T) {
	for _, what := range []string{"list", "stat"} {
		b := four(t)
		b.fail, b.fails = errDisk, what
		_, err := b.Page(10, "", Wanted{})
		b.wantCode(err, "Disk fault")
		b.fails = ""
		b.settle()
		b.wantNames(nameD, nameC, nameB, nameA)
		b.fails = what
		b.remove(nameA)
		_, err = b.Page(10, "", Wanted{})
		b.wantCode(err, "Disk fault")
		b.fails = ""
		b.wantNames(nameD, nameC, nameB)
	}
}

func TestPagesFollowEachOtherWhateverComesAndGoes(t *testing.T) {
	b := newBoard(t)
	var want []string
	for day := range 10 {
		for _, tail := range []string{"", "-2", "-10"} {
			name := fmt.Sprintf("petcam_202601%02d-000000%s.mp4", day+1, tail)
			b.write(name, "x")
			want = append(want, name)
		}
	}
	slices.Reverse(want)
	var seen []string
	for before := ""; ; {
		page, err := b.Page(7, before, Wanted{})
		b.must(err)
		for _, row := range page.Recordings {
			seen = append(seen, row.Name)
		}
		if before = page.Next; before == "" {
			break
		}
		b.remove(seen[len(seen)-1]) // the next page still begins at the right place
		b.write(fmt.Sprintf("petcam_20270101-0000%02d.mp4", len(seen)), "x")
	}
	if !slices.Equal(seen, want) {
		t.Error(seen)
	}
}

func TestAPartFileGrowsForAWhile(t *testing.T) {
	b := newBoard(t)
	path := filepath.Join(b.path, nameA+".part")
	for ago, want := range map[time.Duration]string{10 * time.Second: Growing, 20 * time.Second: Unfinished} {
		b.must(os.WriteFile(path, nil, 0o600))
		b.must(os.Chtimes(path, time.Now().Add(-ago), time.Now().Add(-ago)))
		if row := b.page(1).Recordings[0]; row.State != want {
			t.Error(row)
		}
	}
}

func TestARecordingThatCannotBeReadIsListedAllTheSame(t *testing.T) {
	b := four(t)
	b.page(1)
	b.fails, b.fail = "read", errDisk
	if rows := b.page(10).Recordings; len(rows) != 4 || rows[0].Duration != 60 || rows[0].Size != 1 {
		t.Error(rows)
	}
}

func TestLittleIsKeptOfEachRecording(t *testing.T) {
	b, count := newBoard(t), 20_000
	b.open = func() (folder, error) { return manyFiles{count}, nil }
	before := heap()
	b.must(func() error { _, err := b.index.look(manyFiles{count}, true); return err }())
	if each := (heap() - before) / int64(count); each > 512 {
		t.Errorf("%d bytes for a recording", each)
	}
	if got := len(b.index.listing.entries); got != count {
		t.Error(got)
	}
}
