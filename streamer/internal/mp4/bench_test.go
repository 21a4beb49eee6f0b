package mp4_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"petcam/streamer/internal/mp4"
)

const hour = 3600 * 30 // frames

// grow makes a file of so many frames of a thousand bytes.
func grow(b *testing.B, file mp4.File, frames int) *mp4.Writer {
	b.Helper()
	w, err := mp4.Create(file, mp4.Track{Width: 320, Height: 240, SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68, 1}}})
	if err != nil {
		b.Fatal(err)
	}
	nal := bytes.Repeat([]byte{0x41}, 1000)
	for i := range frames {
		w.Begin()
		w.Add(nal)
		if err := w.End(time.Duration(i)*time.Second/30+time.Duration(i%7)*time.Millisecond, i%30 == 0); err != nil {
			b.Fatal(err)
		}
	}
	return w
}

func newFile(b *testing.B) *os.File {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "x.mp4"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	return file
}

func BenchmarkFinishAnHour(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := grow(b, newFile(b), hour)
		b.StartTimer()
		if _, err := w.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecoverAnHour(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		file := newFile(b)
		size := grow(b, file, hour).Size()
		b.StartTimer()
		if _, err := mp4.Recover(file, size); err != nil {
			b.Fatal(err)
		}
	}
}

// A second of sound beside a picture.
func BenchmarkWriteASecondOfSound(b *testing.B) {
	w, err := mp4.Create(newFile(b), mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68, 1}}, Sound: 1})
	if err != nil {
		b.Fatal(err)
	}
	packet, second := append([]byte{0xf8}, make([]byte, 80)...), 0
	for b.Loop() {
		second++
		w.Begin()
		w.Add(packet)
		if err := w.End(time.Duration(second)*time.Second, true); err != nil {
			b.Fatal(err)
		}
		for added := true; added; {
			if added, err = w.AddSound(packet); err != nil {
				b.Fatal(err)
			}
		}
	}
}
