package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
)

// readDetections counts until ctx ends, or prints so many records.
func readDetections(ctx context.Context, name string, count int, prints bool) (found figures) {
	reader := shm.OpenDetections(name, shm.WithLogger(slog.New(slog.DiscardHandler)))
	defer reader.Close()
	epoch := uint64(0)
	var result detections.Result
	for ctx.Err() == nil {
		if !reader.Poll(&result) {
			shm.Sleep(100 * time.Microsecond)
			continue
		}
		found.Reads++
		if prints {
			_ = json.NewEncoder(os.Stdout).Encode(result)
		} else {
			tell(&found, result, name, &epoch)
		}
		if found.Reads == count {
			fmt.Println("enough")
		}
	}
	found.Skipped = reader.Skipped()
	return found
}

func tell(found *figures, result detections.Result, name string, epoch *uint64) {
	if result.Epoch != *epoch {
		*epoch = result.Epoch
		tellEpoch(*epoch, name)
	}
	if tornResult(result) {
		found.Torn++
		if found.Torn == 1 {
			fmt.Println("torn")
		}
	}
}

// tornResult says whether anything of a result does not follow from its record number.
func tornResult(result detections.Result) bool {
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
