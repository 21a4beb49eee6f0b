package shm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"log/slog"
	"math"
	"strings"
	"testing"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// A record that is changed after it was published is never returned, whichever step finds it: the reader counts it and
// continues at the next keyframe.
func TestASpoiledRecordIsNotReturned(t *testing.T) {
	for name, spoil := range map[string]func(memory []byte, slot []byte){
		"R1, being written": func(_, slot []byte) {
			put64(slot, shm.OffsetSequence, shm.WritingSequence(1+shm.SlotCount))
		},
		"R1, written again": func(_, slot []byte) {
			put64(slot, shm.OffsetSequence, shm.WholeSequence(1+shm.SlotCount))
			sealSlot(slot)
		},
		"R1, not written": func(_, slot []byte) { put64(slot, shm.OffsetSequence, 0) },
		"R2, slot changed": func(_, slot []byte) {
			slot[shm.OffsetCapture]++
		},
		"R3, size 0":          resealed(func(slot []byte) { put32(slot, shm.OffsetDataSize, 0) }),
		"R3, size too large":  resealed(func(slot []byte) { put32(slot, shm.OffsetDataSize, shm.MaxData+1) }),
		"R3, largest size":    resealed(func(slot []byte) { put32(slot, shm.OffsetDataSize, math.MaxUint32) }),
		"R3, position odd":    resealed(func(slot []byte) { put64(slot, shm.OffsetDataPosition, 1) }),
		"R3, data would wrap": resealed(func(slot []byte) { put64(slot, shm.OffsetDataPosition, shm.DataCapacity-64) }),
		"R4, largest position": resealed(func(slot []byte) {
			put64(slot, shm.OffsetDataPosition, math.MaxUint64&^63)
			put32(slot, shm.OffsetDataSize, shm.MaxData)
		}),
		"R3, no picture":        resealed(func(slot []byte) { put32(slot, shm.OffsetWidth, 1280) }),
		"R3, unknown flag":      resealed(func(slot []byte) { put32(slot, shm.OffsetFlags, 4) }),
		"R4, data changed":      func(memory, slot []byte) { memory[shm.DataOffset(get64(slot, shm.OffsetDataPosition))+9]++ },
		"R4, checksum changed":  resealed(func(slot []byte) { slot[shm.OffsetDataCRC]++ }),
		"its data is given way": func(memory, _ []byte) { put64(memory, shm.OffsetFirstRecord, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			segment, log := shmtest.Name(t), &shmtest.Log{}
			writer := shmtest.New(t, segment)
			reader := shm.Open(segment, shm.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
			defer func() { _ = reader.Close() }()
			publish(writer, 0, 'K')
			wantRecords(t, reader, 0)
			publish(writer, 1, 'p', 'p', 'K', 'p')
			spoil(writer.Memory(), slotOf(writer, 1))
			if unit := shmtest.Next(t, reader); unit.Record != 3 || !unit.Discontinuity || !shmtest.IsWhole(unit) {
				t.Errorf("got record %d, want keyframe 3 with a discontinuity", unit.Record)
			}
			wantRecords(t, reader, 4)
			if reader.Skipped() != 2 {
				t.Errorf("skipped %d, want 2", reader.Skipped())
			}
			got, mistake := log.Lines(), strings.HasPrefix(name, "R3")
			if mistake && (len(got) != 1 || !strings.Contains(got[0], segment) || !strings.Contains(got[0], ": correct its writer")) {
				t.Errorf("logged %q, want one line with segment and remedy", got)
			}
			if !mistake && len(got) != 0 {
				t.Errorf("logged %q of a record that is only torn", got)
			}
		})
	}
}

func TestAHalfWrittenRecordIsNotReturned(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	unit := shmtest.Frame(1, false, 400)
	writer.Begin(unit)
	got := nextLater(t, reader)
	if state, _ := reader.State(); state != shm.Live {
		t.Errorf("state %s, want %s", state, shm.Live)
	}
	writer.Finish(unit)
	if unit := <-got; unit.Record != 1 || !shmtest.IsWhole(unit) {
		t.Errorf("got record %d, want record 1", unit.Record)
	}
	if reader.Skipped() != 0 {
		t.Errorf("skipped %d, want 0", reader.Skipped())
	}
}

func TestAWriterThatCountsBackwardsIsFollowed(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K', 'p', 'p')
	wantRecords(t, reader, 0, 1, 2)
	put64(writer.Memory(), shm.OffsetNextRecord, 1)
	if units := shmtest.Take(reader, 1); len(units) != 0 {
		t.Errorf("got %d access units out of nothing", len(units))
	}
	publish(writer, 3, 'p', 'K') // next_record is 4, then 5
	if unit := shmtest.Next(t, reader); !unit.Keyframe || !unit.Discontinuity {
		t.Errorf("got record %d, want a keyframe with a discontinuity", unit.Record)
	}
	if reader.Skipped() != 3 {
		t.Errorf("skipped %d, want the 3 up to the keyframe", reader.Skipped())
	}
}

func TestTheLargestRecordNumbersAreSurvived(t *testing.T) {
	for _, next := range []uint64{math.MaxUint64, math.MaxUint64 / 2, 1 << 40} {
		writer, reader := pair(t)
		put64(writer.Memory(), shm.OffsetNextRecord, next)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error)
		go func() {
			_, err := reader.Next(ctx)
			got <- err
		}()
		waitForState(t, reader, shm.Silent)
		cancel()
		if err := <-got; err == nil {
			t.Errorf("next_record %d: got a record where none is", next)
		}
	}
}

func TestTheStateReportsWhatIsWrong(t *testing.T) {
	name := shmtest.Name(t)
	reader := open(t, name)
	if state, message := reader.State(); state != shm.Waiting || message != name+": no daemon writes video yet" {
		t.Errorf("without a segment: %s (%s)", state, message)
	}
	writer := shmtest.New(t, name)
	publish(writer, 0, 'K')
	published := shmtest.Next(t, reader).PublishNS
	for _, c := range []struct {
		after uint64
		want  string
	}{{0, shm.Live}, {shm.StaleNS - 1, shm.Live}, {shm.StaleNS, shm.Silent}} {
		if state, message := reader.StateAt(published + c.after); state != c.want {
			t.Errorf("%d ns after a record: %s (%s), want %s", c.after, state, message, c.want)
		}
	}
	_ = nextLater(t, reader)
	writer.Kill()
	for later := uint64(0); ; { // until the reader has looked at the heartbeat
		later += shm.StaleNS
		state, message := reader.StateAt(published + later)
		if message == name+": the daemon that writes it has stopped: restart it" && state == shm.Silent {
			break
		}
	}
}

func FuzzParseSlot(f *testing.F) {
	var raw shm.RawSlot
	for _, position := range []uint64{4096, 4097, shm.DataCapacity - 64, math.MaxUint64} {
		shmtest.EncodeSlot((*[shm.SlotSize]byte)(&raw), 5, position, shmtest.Frame(5, true, 1000))
		f.Add(bytes.Clone(raw[:]), uint64(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint64) {
		copy(raw[:], data)
		put64(raw[:], shm.OffsetSequence, shm.WholeSequence(n))
		sealSlot(raw[:]) // so that what is behind the checksum is reached
		offset, size, ok := shm.ParseSlot(&raw, n)
		if ok && (size < 1 || size > shm.MaxData || offset < shm.DataStart || offset%shm.DataAlign != 0 || offset+size > shm.SegmentSize) {
			t.Errorf("accepted %d bytes at %d", size, offset)
		}
		if _, _, ok := shm.ParseSlot(&raw, n+1); ok {
			t.Error("accepted as another record")
		}
	})
}

// Whatever is in a segment, a reader neither faults nor returns what was not published.
func FuzzReader(f *testing.F) {
	writer, reader := pair(f)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}, uint16(shm.OffsetHeartbeat))
	f.Add([]byte{11}, uint16(shm.HeaderSize))
	f.Fuzz(func(t *testing.T, noise []byte, at uint16) {
		if err := writer.Replace(); err != nil {
			t.Fatal(err)
		}
		publish(writer, 0, 'K', 'p', 'K')
		offset := shm.OffsetHeartbeat + int(at)%(shm.HeaderSize+4*shm.SlotSize-shm.OffsetHeartbeat)
		copy(writer.Memory()[offset:shm.HeaderSize+4*shm.SlotSize], noise)
		_ = reader.Rewind(math.MaxInt64)
		for _, unit := range shmtest.Take(reader, 10) {
			if !shmtest.IsWhole(unit) || unit.Record > 2 {
				t.Errorf("returned record %d, which was not published so", unit.Record)
			}
		}
	})
}

func slotOf(w *shmtest.Writer, n uint64) []byte { return w.Memory()[shm.SlotOffset(n):][:shm.SlotSize] }

// resealed spoils a slot and puts its checksum right.
func resealed(spoil func(slot []byte)) func(memory, slot []byte) {
	return func(_, slot []byte) {
		spoil(slot)
		sealSlot(slot)
	}
}

func sealSlot(slot []byte) {
	put32(slot, shm.OffsetSlotCRC, crc32.ChecksumIEEE(slot[:shm.OffsetSlotCRC]))
}

func put32(bytes []byte, offset int, value uint32) {
	binary.LittleEndian.PutUint32(bytes[offset:], value)
}

func put64(bytes []byte, offset int, value uint64) {
	binary.LittleEndian.PutUint64(bytes[offset:], value)
}

func get64(bytes []byte, offset int) uint64 { return binary.LittleEndian.Uint64(bytes[offset:]) }
