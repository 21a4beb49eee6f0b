package shm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/sound"
)

// microphoneAndReader makes both of a new segment, and a log of what is warned of.
func microphoneAndReader(t testing.TB) (*shmtest.Microphone, *shm.SoundReader, *shmtest.Log) {
	t.Helper()
	name := shmtest.Name(t)
	microphone := shmtest.NewMicrophone(t, name)
	reader, log := openSound(t, name)
	return microphone, reader, log
}

func openSound(t testing.TB, name string) (*shm.SoundReader, *shmtest.Log) {
	t.Helper()
	log := &shmtest.Log{}
	reader := shm.OpenSound(name, shm.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	t.Cleanup(reader.Close)
	return reader, log
}

// packets are the numbers of all packets that there are.
func packets(reader *shm.SoundReader) (numbers []uint64) {
	var found sound.Packet
	for reader.Poll(&found) {
		numbers = append(numbers, found.Number)
	}
	return numbers
}

func wantPackets(t *testing.T, reader *shm.SoundReader, want ...uint64) {
	t.Helper()
	if got := packets(reader); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// publishSounds publishes those numbers from one to before another.
func publishSounds(microphone *shmtest.Microphone, from, to uint64) {
	for number := from; number < to; number++ {
		microphone.Publish(shmtest.Sound(number, 80))
	}
}

func TestASoundReaderGivesWhatWasPublished(t *testing.T) {
	microphone, reader, log := microphoneAndReader(t)
	loud := shmtest.Sound(7, sound.MaxBytes)
	loud.RMS, loud.Peak, loud.Gap = 0, -96, true
	microphone.Publish(loud)
	microphone.Publish(shmtest.Sound(8, 1))
	var got sound.Packet
	if !reader.Poll(&got) {
		t.Fatal("there is nothing")
	}
	if got.Epoch == 0 || got.PublishNS == 0 || got.Record != 0 {
		t.Errorf("got %+v", got)
	}
	loud.Epoch, loud.PublishNS = got.Epoch, got.PublishNS
	if !reflect.DeepEqual(got, loud) {
		t.Errorf("got %+v, want %+v", got, loud)
	}
	if !reader.Poll(&got) || got.Number != 8 || got.Gap || !bytes.Equal(got.Data, sound.Silence[:1]) || got.RMS != -40 {
		t.Errorf("then came %+v", got)
	}
	if reader.Poll(&got) || reader.Skipped() != 0 || len(log.Lines()) != 0 {
		t.Errorf("skipped %d, log %q", reader.Skipped(), log.Lines())
	}
}

func TestASoundReaderBeginsAtTheOldestAndMayGoToTheNewest(t *testing.T) {
	microphone, reader, _ := microphoneAndReader(t)
	publishSounds(microphone, 0, 5000)
	got := packets(reader)
	if len(got) != shm.AudioSlotCount || got[0] != 5000-shm.AudioSlotCount || reader.Skipped() != 0 {
		t.Errorf("got %d from %d on, skipped %d", len(got), got[0], reader.Skipped())
	}
	publishSounds(microphone, 5000, 5010)
	reader.Newest()
	var found sound.Packet
	if !reader.Poll(&found) || found.Number != 5009 || !found.Gap || reader.Skipped() != 0 {
		t.Errorf("got %+v, skipped %d", found, reader.Skipped())
	}
	reader.Newest()
	wantPackets(t, reader)

	newcomer, _ := openSound(t, strings.TrimPrefix(microphone.Path(), shm.Directory))
	newcomer.Newest()
	if !newcomer.Poll(&found) || found.Number != 5009 || found.Gap {
		t.Errorf("a newcomer got %+v", found)
	}
}

func TestASoundReaderThatFellBehindGoesOnAtTheOldestAndSaysAGap(t *testing.T) {
	microphone, reader, log := microphoneAndReader(t)
	publishSounds(microphone, 0, 1)
	wantPackets(t, reader, 0)
	publishSounds(microphone, 1, 5001)
	var found sound.Packet
	if !reader.Poll(&found) || found.Number != 905 || !found.Gap || reader.Skipped() != 904 || len(log.Lines()) != 0 {
		t.Errorf("got %d, gap %v, skipped %d, log %q", found.Number, found.Gap, reader.Skipped(), log.Lines())
	}
	if !reader.Poll(&found) || found.Number != 906 || found.Gap {
		t.Errorf("then came %+v", found)
	}
}

func TestASpoiledPacketIsNotReturnedAndIsAGap(t *testing.T) {
	put := func(offset int, value uint64, size int) func(*shmtest.Microphone, []byte) {
		return func(m *shmtest.Microphone, slot []byte) {
			copy(slot[offset:], binary.LittleEndian.AppendUint64(nil, value)[:size])
			shmtest.SealSound(slot)
			m.Write(slot, shm.AudioSlotOffset(1))
		}
	}
	data := func(first ...byte) func(*shmtest.Microphone, []byte) {
		return func(m *shmtest.Microphone, slot []byte) {
			packet := shmtest.Sound(1, 80)
			copy(packet.Data, first)
			m.Write(packet.Data, shm.AudioDataOffset(80))
			packet.PublishNS = 1 << 60
			copy(slot, shmtest.EncodeSound(1, 80, packet))
			m.Write(slot, shm.AudioSlotOffset(1))
		}
	}
	for name, spoil := range map[string]func(*shmtest.Microphone, []byte){
		"R1, being written": func(m *shmtest.Microphone, _ []byte) {
			m.Put64(shm.AudioSlotOffset(1), shm.WritingSequence(1+shm.AudioSlotCount))
		},
		"R1, not written":          func(m *shmtest.Microphone, _ []byte) { m.Put64(shm.AudioSlotOffset(1), 0) },
		"R2, slot changed":         func(m *shmtest.Microphone, _ []byte) { m.Put64(shm.AudioSlotOffset(1)+shm.OffsetCapture, 5) },
		"R4, data changed":         func(m *shmtest.Microphone, _ []byte) { m.Put64(shm.AudioDataOffset(80)+8, 5) },
		"R3, no data":              put(shm.OffsetDataSize, 0, 4),
		"R3, too much data":        put(shm.OffsetDataSize, 1276, 4),
		"R3, most data":            put(shm.OffsetDataSize, math.MaxUint32, 4),
		"R3, not aligned":          put(shm.OffsetDataPosition, 84, 8),
		"R3, over the end":         put(shm.OffsetDataPosition, shm.AudioDataCapacity-8, 8),
		"R3, unknown flag":         put(shm.OffsetFlags, 1, 4),
		"R3, 10 ms":                put(shm.OffsetSamples, 480, 2),
		"R3, 44.1 kHz":             put(shm.OffsetSamples, 882, 2),
		"R3, level over 0":         put(shm.OffsetRMS, 1, 2),
		"R3, level too low":        put(shm.OffsetPeak, 0x10000-9601, 2),
		"R3, from the future":      put(shm.OffsetCapture, 1<<62, 8),
		"R3, time goes back":       put(shm.OffsetCapture, 1000, 8),
		"R3, TOC of 10 ms":         data(0xF0),
		"R3, TOC of 40 ms":         data(0xF9),
		"R3, no Opus":              data(0xFB, 0x3F),
		"R3, frames without sound": data(0xFB, 0),
	} {
		t.Run(name, func(t *testing.T) {
			microphone, reader, log := microphoneAndReader(t)
			publishSounds(microphone, 0, 4)
			sent := shmtest.Sound(1, 80)
			sent.PublishNS = 1 << 60
			spoil(microphone, shmtest.EncodeSound(1, 80, sent))
			var found sound.Packet
			if !reader.Poll(&found) || found.Number != 0 || !reader.Poll(&found) || found.Number != 2 || !found.Gap {
				t.Errorf("got %+v", found)
			}
			wantPackets(t, reader, 3)
			if reader.Skipped() != 1 {
				t.Errorf("skipped %d, want 1", reader.Skipped())
			}
			lines, mistake := log.Lines(), strings.HasPrefix(name, "R3")
			if mistake && (len(lines) != 1 || !strings.Contains(lines[0], "correct its writer")) || !mistake && len(lines) != 0 {
				t.Errorf("logged %q", lines)
			}
		})
	}
}

func TestASoundReaderFollowsAWriterThatComesGoesAndIsReplaced(t *testing.T) {
	name := shmtest.Name(t)
	reader, log := openSound(t, name)
	wantPackets(t, reader)
	microphone := shmtest.NewMicrophone(t, name)
	publishSounds(microphone, 1, 2)
	eventually(t, func() bool { return slices.Equal(packets(reader), []uint64{1}) })
	publishSounds(microphone, 2, 3)
	microphone.Replace(t)
	publishSounds(microphone, 1, 3) // a new epoch's times are its own
	var found sound.Packet
	if !reader.Poll(&found) || found.Number != 2 || found.Gap {
		t.Errorf("got %+v", found)
	}
	eventually(t, func() bool { return reader.Poll(&found) })
	if found.Number != 1 || !found.Gap {
		t.Errorf("then came %+v", found)
	}
	wantPackets(t, reader, 2)
	microphone.Leave()
	wantPackets(t, reader)
	publishSounds(shmtest.NewMicrophone(t, name), 5, 6)
	eventually(t, func() bool { return slices.Equal(packets(reader), []uint64{5}) })
	if reader.Skipped() != 0 || len(log.Lines()) != 0 {
		t.Errorf("skipped %d, log %q", reader.Skipped(), log.Lines())
	}
}

func TestNextWaitsForPacketsOfOneWriterAndOfTheNext(t *testing.T) {
	name := shmtest.Name(t)
	reader, _ := openSound(t, name)
	got, ended := make(chan uint64), make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		var found sound.Packet
		for reader.Next(ctx, &found) == nil {
			got <- found.Number
		}
		ended <- ctx.Err()
	}()
	microphone := shmtest.NewMicrophone(t, name)
	for number := range uint64(20) {
		if number == 10 {
			microphone.Leave()
			microphone.Wake()
			microphone.Replace(t)
		}
		publishSounds(microphone, number, number+1)
		if found := <-got; found != number {
			t.Fatalf("got %d, want %d", found, number)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A mapping would end the process here.
func TestAMicrophoneThatTruncatesItsSegmentDoesNoHarm(t *testing.T) {
	for _, size := range []int64{shm.AudioDataStart + 100, shm.HeaderSize + 100, 154, 140, 0} {
		microphone, reader, log := microphoneAndReader(t)
		publishSounds(microphone, 0, 3)
		var found sound.Packet
		if err := reader.Next(t.Context(), &found); err != nil {
			t.Fatal(err)
		}
		for range 2 { // and wait, so that the header is mapped
			_ = reader.Next(t.Context(), &found)
		}
		waiting, cancel := context.WithTimeout(t.Context(), 1e6)
		_ = reader.Next(waiting, &found)
		cancel()
		files := shmtest.OpenFiles(t)
		microphone.Truncate(size)
		wantPackets(t, reader)
		if after := shmtest.OpenFiles(t); (after < files) != (size < shm.OffsetNews+4) {
			t.Errorf("%d bytes: %d files are open, %d before", size, after, files) // it could neither read nor sleep on it
		}
		waiting, cancel = context.WithTimeout(t.Context(), 1e6)
		if err := reader.Next(waiting, &found); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d bytes: %v", size, err)
		}
		cancel()
		microphone.Replace(t)
		publishSounds(microphone, 7, 8)
		eventually(t, func() bool { return slices.Equal(packets(reader), []uint64{7}) })
		if len(log.Lines()) != 0 {
			t.Errorf("log %q", log.Lines())
		}
	}
}

func TestSoundReadersSurviveAnyCount(t *testing.T) {
	for _, next := range []uint64{math.MaxUint64, math.MaxUint64 / 2, 1 << 40, 0} {
		for _, first := range []uint64{0, 5, 1 << 40, math.MaxUint64} {
			microphone, reader, _ := microphoneAndReader(t)
			publishSounds(microphone, 0, 1)
			wantPackets(t, reader, 0)
			microphone.Put64(shm.OffsetNextRecord, next)
			microphone.Put64(shm.OffsetFirstRecord, first)
			for range 5 {
				wantPackets(t, reader)
				reader.Newest()
			}
			newcomer, _ := openSound(t, strings.TrimPrefix(microphone.Path(), shm.Directory))
			for range 5 {
				newcomer.Newest()
				packets(newcomer)
			}
		}
	}
}

func TestAnAudioSegmentThatIsRefusedIsLoggedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, name string)
		want string
	}{
		"a detector's": {func(t *testing.T, name string) { shmtest.NewDetector(t, name) }, ""},
		"a newer ABI": {func(t *testing.T, name string) {
			header := shmtest.AudioHeader(1)
			binary.LittleEndian.PutUint32(header[shm.OffsetABIVersion:], 2)
			shmtest.NewMicrophone(t, name).Write(header, 0)
		}, "ABI version 2, this petcam reads 1: upgrade petcam"},
		"other sizes": {func(t *testing.T, name string) {
			header := shmtest.AudioHeader(1)
			binary.LittleEndian.PutUint64(header[shm.OffsetDataCapacity:], 32)
			shmtest.Seal(header)
			shmtest.NewMicrophone(t, name).Write(header, 0)
		}, "sizes are not those"},
		"writable by all": {func(t *testing.T, name string) {
			if err := os.Chmod(shmtest.NewMicrophone(t, name).Path(), 0o666); err != nil {
				t.Fatal(err)
			}
		}, "written by everybody"},
	} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			c.make(t, segment)
			reader, log := openSound(t, segment)
			wantPackets(t, reader)
			shm.Sleep(shm.SearchInterval)
			wantPackets(t, reader) // looked at again
			lines := log.Lines()
			if c.want == "" && len(lines) != 0 || c.want != "" && (len(lines) != 1 || !strings.Contains(lines[0], c.want)) {
				t.Errorf("logged %q, want %q", lines, c.want)
			}
		})
	}
}

func TestReplacedAudioSegmentsLeakNothing(t *testing.T) {
	microphone, reader, _ := microphoneAndReader(t)
	round := func(number uint64) {
		microphone.Replace(t)
		microphone.Wake()
		publishSounds(microphone, number, number+1)
		var found sound.Packet
		eventually(t, func() bool { return reader.Poll(&found) && found.Number == number })
		waiting, cancel := context.WithCancel(t.Context())
		cancel()
		_ = reader.Next(waiting, &found)
	}
	round(0)
	files := shmtest.OpenFiles(t)
	for number := range uint64(200) {
		round(1 + number)
	}
	if after := shmtest.OpenFiles(t); after > files {
		t.Errorf("%d files are open, %d before", after, files)
	}
}

func TestPollingForSoundAllocatesNothing(t *testing.T) {
	microphone, reader, _ := microphoneAndReader(t)
	publishSounds(microphone, 0, 300)
	var found sound.Packet
	reader.Poll(&found)
	if allocations := testing.AllocsPerRun(200, func() { reader.Poll(&found) }); allocations != 0 {
		t.Errorf("%v allocations for a packet", allocations)
	}
	packets(reader)
	if allocations := testing.AllocsPerRun(100, func() { reader.Poll(&found) }); allocations != 0 {
		t.Errorf("%v allocations for a look", allocations)
	}
}

func FuzzParseAudioSlot(f *testing.F) {
	f.Add(shmtest.EncodeSound(5, 80, shmtest.Sound(5, 80)), uint64(5))
	f.Add(shmtest.EncodeSound(5, shm.AudioDataCapacity-8, shmtest.Sound(5, 80)), uint64(5))
	f.Fuzz(func(t *testing.T, data []byte, n uint64) {
		var raw shm.RawAudioSlot
		copy(raw[:], data)
		binary.LittleEndian.PutUint64(raw[:], shm.WholeSequence(n))
		shmtest.SealSound(raw[:]) // so that what is behind the checksum is reached
		var found sound.Packet
		offset, size, err := shm.ParseAudioSlot(&raw, n, &found)
		if err != nil {
			return
		}
		if size < 1 || size > sound.MaxBytes || offset < shm.AudioDataStart || offset+size > shm.AudioSegmentSize {
			t.Errorf("accepted %d bytes at %d", size, offset)
		}
		if found.Samples != sound.PacketSamples || found.RMS < -96 || found.RMS > 0 || found.Peak < -96 || found.Peak > 0 {
			t.Errorf("accepted %+v", found)
		}
	})
}
