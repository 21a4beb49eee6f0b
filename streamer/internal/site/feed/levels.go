package feed

import (
	"context"
	"math"
	"strconv"
	"time"

	"petcam/streamer/internal/sound"
)

const (
	levelPace   = 200 * time.Millisecond // from one level to the next; ten packets
	mostPackets = 64                     // of one level: who fell behind has no use for more
	quietest    = -96.0                  // dBFS
)

// sendLevels begins at the newest packet.
func (f *Feed) sendLevels(ctx context.Context) {
	reader := f.Sound.Open()
	defer reader.Close()
	pace := time.NewTicker(levelPace) // not a wake-up for each packet
	defer pace.Stop()
	var packet sound.Packet
	for begun := false; f.listeners.count() > 0; {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		if !begun {
			reader.Newest()
		}
		var heard loudness
		for range mostPackets {
			if !reader.Poll(&packet) {
				break
			}
			begun = true
			if isFresh(f.Now(), packet.PublishNS) {
				heard.add(&packet)
			}
		}
		if heard.packets > 0 && f.Sound.On() {
			f.listeners.tell(heard.appendEvent)
		}
	}
}

// loudness is that of several packets together, all of the same length.
type loudness struct {
	packets int
	power   float64
	peak    float64 // dBFS
}

func (l *loudness) add(packet *sound.Packet) {
	peak := hundredths(packet.Peak)
	if l.packets == 0 || peak > l.peak {
		l.peak = peak
	}
	l.packets++
	l.power += math.Pow(10, hundredths(packet.RMS)/10)
}

// hundredths is a level as it stands in the segment, as near as 64 bits can say it.
func hundredths(level float32) float64 { return math.Round(float64(level)*100) / 100 }

// appendEvent appends the levels as an event: dBFS, each to a tenth.
func (l *loudness) appendEvent(to []byte) []byte {
	to = append(to, "event: level\ndata: {\"rms\": "...)
	to = appendLevel(to, 10*math.Log10(l.power/float64(l.packets)))
	to = append(to, `, "peak": `...)
	to = appendLevel(to, l.peak)
	return append(to, "}\n\n"...)
}

// appendLevel rounds to a millionth first: what lies half-way between two tenths is not left to the last bit of a logarithm.
func appendLevel(to []byte, level float64) []byte {
	var digits [32]byte
	exact, _ := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], level, 'f', 6, 64)), 64)
	return strconv.AppendFloat(to, max(quietest, exact), 'f', 1, 64)
}
