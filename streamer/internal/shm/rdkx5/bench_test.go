package rdkx5_test

import (
	"context"
	"os"
	"testing"
	"time"

	"petcam/streamer/internal/shm/rdkx5test"
	"petcam/streamer/internal/shm/shmtest"
)

// ringFor in the environment makes the test program an RDK X5 daemon that writes the ring of that name instead.
const ringFor = "PETCAM_TEST_RING_FOR"

func TestMain(m *testing.M) {
	if name := os.Getenv(ringFor); name != "" {
		writeRing(name)
	}
	os.Exit(m.Run())
}

// writeRing writes 30 frames a second until it is killed, or the test that started it is gone.
func writeRing(name string) {
	ring, err := rdkx5test.Create(name)
	if err != nil {
		panic(err)
	}
	shmtest.EndWithTest()
	for range time.Tick(time.Second / 30) {
		ring.Write(shmtest.Frame(ring.Written, ring.Written%30 == 0, 8300))
	}
}

func BenchmarkIdleSilentRing(b *testing.B) {
	name := shmtest.Name(b)
	ring, reader := rdkx5test.New(b, name), open(b, name)
	writeUpTo(ring, 0)
	wantFrames(b, reader.Reader, 0)
	shmtest.MeasureIdle(b, func(ctx context.Context) { _, _ = reader.Next(ctx) })
}

// What following an RDK X5 ring costs at 30 pictures a second and 2 Mb/s: the share of a core.
func BenchmarkReadRing(b *testing.B) {
	name := shmtest.Name(b)
	shmtest.StartProgram(b, ringFor, name)
	reader := open(b, name)
	shmtest.Next(b, reader.Reader)
	const frames = 150
	before, begun := shmtest.ProcessorTime(b), time.Now()
	for b.Loop() {
		for range frames {
			if _, err := reader.Next(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(100*float64(shmtest.ProcessorTime(b)-before)/float64(time.Since(begun)), "%core")
}
