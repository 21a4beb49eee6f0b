package shm_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/sound"
)

// From a record's publication to the return of a Next that slept for it, with a small record.
func BenchmarkPublishToReaderAwake(b *testing.B) {
	writer, reader := pair(b)
	publish(writer, 0, 'K')
	shmtest.Next(b, reader)
	unit := shmtest.Frame(1, false, 400)
	measureAwake(b, func() { writer.Publish(unit) }, func(ctx context.Context) (uint64, error) {
		unit, err := reader.Next(ctx)
		return unit.PublishNS, err
	})
}

func BenchmarkPublishToSoundReaderAwake(b *testing.B) {
	microphone, reader, _ := microphoneAndReader(b)
	number := uint64(0)
	var packet sound.Packet
	measureAwake(b, func() {
		number++
		packet := shmtest.Sound(number, 80)
		packet.CaptureNS = shm.Now()
		microphone.Publish(packet)
	}, func(ctx context.Context) (uint64, error) {
		err := reader.Next(ctx, &packet)
		return packet.PublishNS, err
	})
}

// measureAwake reports how long next, which gives when a record was published, takes to return after that.
func measureAwake(b *testing.B, publish func(), next func(context.Context) (uint64, error)) {
	b.Helper()
	got := make(chan uint64)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() {
		defer close(got)
		for {
			published, err := next(ctx)
			if err != nil {
				return
			}
			got <- shm.Now() - published
		}
	}()
	var latencies []uint64
	for b.Loop() {
		time.Sleep(time.Millisecond) // until the reader sleeps again
		publish()
		latencies = append(latencies, <-got)
	}
	slices.Sort(latencies)
	b.ReportMetric(float64(latencies[len(latencies)/2])/1e6, "median-ms")
	b.ReportMetric(float64(latencies[len(latencies)*99/100])/1e6, "p99-ms")
}

func BenchmarkIdle(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) *shm.Reader{
		"NoSegment": func(b *testing.B) *shm.Reader { return open(b, shmtest.Name(b)) },
		"SilentSegment": func(b *testing.B) *shm.Reader {
			writer, reader := pair(b)
			publish(writer, 0, 'K')
			shmtest.Next(b, reader)
			writer.Kill() // so that its heartbeat is not in the figure
			return reader
		},
	} {
		b.Run(name, func(b *testing.B) {
			reader := open(b)
			shmtest.MeasureIdle(b, func(ctx context.Context) { _, _ = reader.Next(ctx) })
		})
	}
	b.Run("SilentSound", func(b *testing.B) {
		_, reader, _ := microphoneAndReader(b)
		var packet sound.Packet
		shmtest.MeasureIdle(b, func(ctx context.Context) { _ = reader.Next(ctx, &packet) })
	})
}

// Reading at 2 Mb/s and 30 pictures a second, as fast as it goes: the time that a record costs its reader.
func BenchmarkRead(b *testing.B) {
	writer, reader := pair(b)
	units := make([]h264.AccessUnit, 30)
	for i := range units {
		units[i] = shmtest.Frame(uint64(i), i == 0, 8300)
	}
	b.SetBytes(8300)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		writer.Publish(units[i%len(units)])
		if _, err := reader.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
