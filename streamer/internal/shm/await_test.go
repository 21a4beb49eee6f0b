package shm_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// awaited gives the frames that a reader waits for, in its own goroutine.
func awaited(t *testing.T, reader *shm.DetectionReader) <-chan uint64 {
	t.Helper()
	found, stop, ended := make(chan uint64), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var result detections.Result
		for {
			if reader.Await(&result) {
				select {
				case found <- result.FrameNumber:
				case <-stop:
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-ended })
	return found
}

func wantAwaited(t *testing.T, found <-chan uint64, want uint64) {
	t.Helper()
	select {
	case got := <-found:
		if got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%d did not come", want)
	}
}

func TestAwaitWakesForEachResultOfOneDetectorAndOfTheNext(t *testing.T) {
	detector, reader, _ := detectorAndReader(t)
	found := awaited(t, reader)
	begin := time.Now()
	for number := range uint64(50) {
		time.Sleep(time.Millisecond) // so that it sleeps
		detector.Publish(result(number))
		wantAwaited(t, found, number)
	}
	if took := time.Since(begin); took > 50*shm.MaxSleep/2 {
		t.Errorf("50 results took %v: nothing wakes it", took)
	}
	detector.Replace(t)
	detector.Publish(result(100))
	wantAwaited(t, found, 100)
	detector.Leave()
	detector.Wake()
	time.Sleep(10 * time.Millisecond)
	detector.Replace(t)
	detector.Publish(result(101))
	wantAwaited(t, found, 101)
}

func TestAwaitReturnsWhereNothingComes(t *testing.T) {
	_, reader, _ := detectorAndReader(t)
	none, _ := openDetections(t, shmtest.Name(t))
	for _, each := range []*shm.DetectionReader{reader, none} {
		begin, slept := time.Now(), time.Duration(0)
		for range 3 {
			if each.Await(&detections.Result{}) {
				t.Error("there is nothing")
			}
			slept = time.Since(begin)
		}
		if slept < shm.MaxSleep || slept > 10*shm.MaxSleep {
			t.Errorf("three waits took %v", slept)
		}
	}
}

func TestReadersThatWaitLeaveNothingOpen(t *testing.T) {
	name := shmtest.Name(t)
	detector := shmtest.NewDetector(t, name)
	reader, _ := openDetections(t, name)
	before := shmtest.OpenFiles(t)
	for range 5 {
		detector.Publish(result(1))
		for reader.Await(&detections.Result{}) {
		}
		detector.Replace(t)
	}
	reader.Close()
	if after := shmtest.OpenFiles(t); after > before {
		t.Errorf("%d files are open, %d were", after, before)
	}
	if maps, err := os.ReadFile("/proc/self/maps"); err != nil || strings.Contains(string(maps), name) {
		t.Error(err, "a segment is mapped")
	}
}
