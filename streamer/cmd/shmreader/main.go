// Command shmreader reads the pattern of tests/shm_writer.c and says whether a record came torn. It is for the tests and
// the bench of the shared memory, beside their Python readers (tests/integration/shm/stress.py), and speaks as those do:
//
//	shmreader KIND NAME COUNT LARGEST
//
// KIND is stream, stream-edge (goes back to where the ring is being overwritten), stream-unchecked, detections, audio
// (whose readers begin where the ring is being overwritten), detections-print or audio-print. It prints a line
// "epoch EPOCH SECONDS FILES MAPPINGS" at the first record of each epoch, with the time since the segment was created
// and what this process holds open, "enough" after COUNT records, and "torn" at the first torn one; those that print give
// each record as JSON instead. At SIGTERM it ends with its figures as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// source is a reader, with or without checks.
type source interface {
	Next(context.Context) (h264.AccessUnit, error)
	Rewind(time.Duration) error
	Skipped() uint64
}

// figures are what is printed at the end.
type figures struct {
	Reads   int    `json:"reads"`
	Torn    int    `json:"torn"`
	Skipped uint64 `json:"skipped"`
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: shmreader KIND NAME COUNT LARGEST")
		os.Exit(2)
	}
	kind, name := os.Args[1], os.Args[2]
	count, err := strconv.Atoi(os.Args[3])
	largest, err2 := strconv.ParseUint(os.Args[4], 10, 64)
	if err != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "shmreader:", err, err2)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var found figures
	of, prints := strings.CutSuffix(kind, "-print")
	switch of {
	case "detections":
		found = detectionSource(name).read(ctx, name, count, prints)
	case "audio":
		found = soundSource(name, largest).read(ctx, name, count, prints)
	default:
		found = readStream(ctx, kind, name, count, largest)
	}
	_ = json.NewEncoder(os.Stdout).Encode(found)
}

func readStream(ctx context.Context, kind, name string, count int, largest uint64) figures {
	from, err := open(kind, name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shmreader:", err)
		os.Exit(1)
	}
	return read(ctx, from, name, count, largest, kind == "stream-edge")
}

func open(kind, name string) (source, error) {
	if kind == "stream-unchecked" {
		return openUnchecked(name)
	}
	return shm.Open(name, shm.WithLogger(slog.New(slog.DiscardHandler))), nil
}

// read counts until ctx ends.
func read(ctx context.Context, from source, name string, count int, largest uint64, edge bool) (found figures) {
	epoch := uint64(0)
	for {
		if edge && found.Reads%16 == 0 {
			_ = from.Rewind(time.Hour) // it may be too early for a keyframe
		}
		unit, err := from.Next(ctx)
		if err != nil {
			found.Skipped = from.Skipped()
			return found
		}
		if unit.Epoch != epoch {
			epoch = unit.Epoch
			tellEpoch(epoch, name)
		}
		found.Reads++
		found.note(torn(unit, largest), count)
	}
}

// note tells of the first torn record, and of the last that was asked for.
func (f *figures) note(torn bool, count int) {
	if torn {
		f.Torn++
		if f.Torn == 1 {
			fmt.Println("torn")
		}
	}
	if f.Reads == count {
		fmt.Println("enough")
	}
}

func tellEpoch(epoch uint64, name string) {
	since := float64(int64(shm.Now()-epoch)) / 1e9
	files, _ := os.ReadDir("/proc/self/fd")
	maps, _ := os.ReadFile("/proc/self/maps")
	fmt.Println("epoch", epoch, since, len(files), strings.Count(string(maps), name))
}
