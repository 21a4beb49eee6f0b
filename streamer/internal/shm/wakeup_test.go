package shm_test

import (
	"testing"
	"time"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// A record that the reader only found by looking four times a second would take a hundred times as long as this allows.
func TestAReaderWithAWakeupReturnsARecordUponNotify(t *testing.T) {
	wakeup := shm.NewWakeup()
	name := shmtest.Name(t)
	writer, reader := shmtest.New(t, name), open(t, name, shm.WithWakeup(wakeup))
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	begun := time.Now()
	for n := uint64(1); n <= 200; n++ {
		got := nextWhile(t, reader, func() {
			publish(writer, n, 'p')
			wakeup.Notify()
		})
		if got.Record != n {
			t.Fatalf("got record %d, want %d", got.Record, n)
		}
	}
	if took := time.Since(begun); took > 25*time.Second {
		t.Errorf("200 records took %v", took)
	}
}

func TestAReaderWithAWakeupFindsRecordsWithoutNotify(t *testing.T) {
	name := shmtest.Name(t)
	writer, reader := shmtest.New(t, name), open(t, name, shm.WithWakeup(shm.NewWakeup()))
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	got := nextLater(t, reader)
	publish(writer, 1, 'p', 'p', 'p')
	if unit := <-got; unit.Record != 1 {
		t.Fatalf("got record %d, want 1", unit.Record)
	}
	wantRecords(t, reader, 2, 3)
}

func TestWaitingForAWakeupAllocatesNothing(t *testing.T) {
	wakeup, timer := shm.NewWakeup(), time.NewTimer(time.Hour)
	if allocations := testing.AllocsPerRun(100, func() {
		wakeup.Notify()
		wakeup.Wait(timer, time.Hour)
	}); allocations != 0 {
		t.Errorf("%v allocations for each", allocations)
	}
}
