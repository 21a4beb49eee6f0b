package shm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// writerFor in the environment makes the test program a writer of the segment of that name instead.
const writerFor = "PETCAM_TEST_WRITER_FOR"

func TestMain(m *testing.M) {
	if name := os.Getenv(writerFor); name != "" {
		writeAtFullSpeed(name)
	}
	os.Exit(m.Run())
}

// patterns are what writeAtFullSpeed publishes again and again, of all sizes. Their number is prime, so that a slot or a
// piece of the data area never gets the same one twice running.
func patterns() []h264.AccessUnit {
	sizes := []int{200, 40_000, 1500, 60_000, 64, 150_000, 9000}
	units := make([]h264.AccessUnit, 61)
	for i := range units {
		units[i] = shmtest.Frame(uint64(i), i%4 == 0, sizes[i%len(sizes)])
	}
	return units
}

// torn says whether an access unit is none of the patterns.
func torn(unit h264.AccessUnit, patterns []h264.AccessUnit) bool {
	return unit.FrameNumber >= uint64(len(patterns)) || !bytes.Equal(unit.Data, patterns[unit.FrameNumber].Data)
}

// writeAtFullSpeed publishes until it is killed, or the test that started it is gone.
func writeAtFullSpeed(name string) {
	writer, err := shmtest.Create(name)
	if err != nil {
		panic(err)
	}
	shmtest.EndWithTest()
	for units, n := patterns(), 0; ; n++ {
		writer.Publish(units[n%len(units)])
	}
}

func TestNoTornRecordIsReturnedAtFullWriterSpeed(t *testing.T) {
	name := shmtest.Name(t)
	startWriter(t, name)
	var readers sync.WaitGroup
	for range 2 {
		reader := open(t, name)
		readers.Add(1)
		go func() {
			defer readers.Done()
			readAll(t, reader, 5_000)
		}()
	}
	readers.Wait()
}

// readAll reads some records, from places where the writer is about to overtake as well as from the newest.
func readAll(t *testing.T, reader *shm.Reader, count int) {
	patterns, last, followed := patterns(), h264.AccessUnit{}, false
	for i := range count {
		if i%16 == 0 { // back to where the ring is being overwritten
			_, followed = reader.Rewind(time.Hour), false // it may be too early for a keyframe
		}
		unit, err := reader.Next(t.Context())
		switch {
		case err != nil:
			t.Errorf("Next: %v", err)
			return
		case torn(unit, patterns):
			t.Errorf("record %d is torn", unit.Record)
			return
		case followed && !unit.Discontinuity && unit.Record != last.Record+1:
			t.Errorf("record %d follows %d without a discontinuity", unit.Record, last.Record)
			return
		}
		last, followed = unit, true
	}
}

// This proves that TestNoTornRecordIsReturnedAtFullWriterSpeed can fail: without the checks records come out torn.
func TestAReaderWithoutChecksReturnsTornRecords(t *testing.T) {
	name := shmtest.Name(t)
	startWriter(t, name)
	memory, patterns := mapped(t, name), patterns()
	for {
		if unit, ok := readWithoutChecks(memory); ok && torn(unit, patterns) {
			return
		}
	}
}

// readWithoutChecks copies the oldest record without proving it, but stays within the mapping.
func readWithoutChecks(memory []byte) (h264.AccessUnit, bool) {
	n := binary.LittleEndian.Uint64(memory[shm.OffsetFirstRecord:])
	slot := [shm.SlotSize]byte(memory[shm.SlotOffset(n):])
	offset := shm.DataOffset(binary.LittleEndian.Uint64(slot[shm.OffsetDataPosition:]))
	size := int(binary.LittleEndian.Uint32(slot[shm.OffsetDataSize:]))
	if size == 0 || offset+size > len(memory) {
		return h264.AccessUnit{}, false
	}
	return h264.AccessUnit{
		FrameNumber: binary.LittleEndian.Uint64(slot[shm.OffsetFrameNumber:]),
		Keyframe:    slot[shm.OffsetFlags]&shm.FlagKeyframe != 0,
		Data:        append([]byte(nil), memory[offset:offset+size]...),
	}, true
}

func TestAKilledWriterLeavesNoTornRecordAndItsSuccessorIsFollowed(t *testing.T) {
	name := shmtest.Name(t)
	reader := open(t, name)
	ctx, cancel := context.WithCancel(t.Context())
	epochs, bad := make(chan uint64, 1000), make(chan uint64, 1)
	var reading sync.WaitGroup
	reading.Add(1)
	go func() {
		defer reading.Done()
		follow(ctx, reader, epochs, bad)
	}()
	for range 20 {
		kill := startWriter(t, name)
		select {
		case <-epochs: // it reads from this writer
		case record := <-bad:
			t.Fatalf("record %d is torn", record)
		}
		time.Sleep(rand.N(10 * time.Millisecond)) // a random moment, not a wait
		kill()
	}
	cancel()
	reading.Wait()
}

// follow reads until ctx ends; it tells each new epoch, and the first record that is torn.
func follow(ctx context.Context, reader *shm.Reader, epochs, bad chan<- uint64) {
	patterns, epoch := patterns(), uint64(0)
	for {
		unit, err := reader.Next(ctx)
		switch {
		case err != nil:
			return
		case torn(unit, patterns):
			bad <- unit.Record
			return
		case unit.Epoch != epoch:
			epoch = unit.Epoch
			epochs <- epoch
		}
	}
}

func TestAThousandReplacedSegmentsLeakNothing(t *testing.T) {
	writer, reader := pair(t)
	round := func() {
		if err := writer.Replace(); err != nil {
			t.Fatal(err)
		}
		publish(writer, 0, 'K')
		if unit := shmtest.Next(t, reader); unit.Record != 0 {
			t.Fatalf("got record %d of the new segment, want 0", unit.Record)
		}
	}
	round()
	files, mappings := shmtest.OpenFiles(t), mappingsOf(t, writer.Path())
	for range 1000 {
		round()
	}
	if after := shmtest.OpenFiles(t); after > files {
		t.Errorf("%d files are open, %d before", after, files)
	}
	if after := mappingsOf(t, writer.Path()); after != mappings {
		t.Errorf("%d mappings, %d before", after, mappings)
	}
}

func TestARefusedSegmentLeaksNothing(t *testing.T) {
	header := shmtest.Header(1)
	set32(shm.OffsetABIVersion, 2)(header)
	reader := open(t, makeSegment(t, header, shm.SegmentSize))
	_ = reader.Rewind(0)
	files := shmtest.OpenFiles(t)
	for range 100 {
		_ = reader.Rewind(0)
	}
	if after := shmtest.OpenFiles(t); after > files {
		t.Errorf("%d files are open, %d before", after, files)
	}
}

// startWriter runs writeAtFullSpeed in a process of its own until kill is called or the test ends.
func startWriter(t *testing.T, name string) (kill func()) {
	t.Helper()
	return shmtest.StartProgram(t, writerFor, name)
}

func mapped(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(shm.Directory + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	memory, err := unix.Mmap(int(file.Fd()), 0, shm.SegmentSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(memory) })
	return memory
}

// mappingsOf counts the mappings of a segment's file, those of its predecessors included.
func mappingsOf(t *testing.T, path string) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), path)
}
