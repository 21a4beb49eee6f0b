package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
)

// detectionSource are a detector's results, which are only looked for.
func detectionSource(name string) *records[detections.Result] {
	reader := shm.OpenDetections(name, shm.WithLogger(slog.New(slog.DiscardHandler)))
	return &records[detections.Result]{
		next: func(ctx context.Context, to *detections.Result) error {
			for !reader.Poll(to) {
				if err := ctx.Err(); err != nil {
					return err
				}
				shm.Sleep(100 * time.Microsecond)
			}
			return ctx.Err()
		},
		skipped: reader.Skipped, close: reader.Close,
		epoch: func(result *detections.Result) uint64 { return result.Epoch },
		torn:  tornResult,
	}
}

// tornResult says whether anything of a result does not follow from its record number.
func tornResult(result *detections.Result) bool {
	n := result.Record
	box := detections.Box{
		Class: fmt.Sprintf("pet-%08x", uint32(n)), Score: float32(n%256) / 256,
		X: float32(n % 1024), Y: float32(n % 512), W: float32(1 + n%128),
	}
	boxes := make([]detections.Box, n%33)
	for i := range boxes {
		boxes[i] = box
		boxes[i].H = float32(1 + i)
	}
	return result.FrameNumber != n || result.CaptureNS != 1000*n+1 || !slices.Equal(result.Boxes, boxes)
}
