package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/sound"
)

// recordSound records, calling hear again and again, until the growing file is as it should be, and gives the finished one.
func recordSound(t *testing.T, c config.Config, hear func(), enough func(content []byte) bool) []byte {
	t.Helper()
	url := begin(t, c)
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
	name := want(t, "POST", url+"/start", nil, 200)["filename"].(string)
	path := filepath.Join(c.Recording.Directory, name)
	eventually(t, "enough is recorded", func() bool {
		hear()
		content, _ := os.ReadFile(path + ".part")
		return enough(content)
	})
	want(t, "POST", url+"/stop", nil, 200)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// withMicrophone are settings with a camera and a microphone, and where the switch of sound is.
func withMicrophone(t *testing.T) (c config.Config, sw string) {
	t.Helper()
	c = settings(t)
	state := t.TempDir()
	t.Setenv("PETCAM_VIEWING_TOKENS", filepath.Join(state, "viewing_tokens.json"))
	c.Camera.Microphone, c.Camera.Audio = "default", shmtest.Name(t)
	film(t, c.Camera.Stream)
	return c, filepath.Join(state, "sound.json")
}

// hearing publishes what a microphone has heard up to now, one packet behind the other.
func hearing(microphone *shmtest.Microphone) func() {
	packet := shmtest.Sound(1, 40)
	packet.CaptureNS = shm.Now()
	return func() {
		for ; packet.CaptureNS < shm.Now(); packet.CaptureNS += sound.PacketNS {
			microphone.Publish(packet)
			packet.Number++
		}
	}
}

func packetsIn(content []byte) int { return bytes.Count(content, []byte("\x00\x00\x00\x30mdat\xf8")) }

func silenceIn(content []byte) int {
	return bytes.Count(content, append([]byte("\x00\x00\x00\x0bmdat"), sound.Silence...))
}

func TestARecordingHasTheSoundOfTheMicrophone(t *testing.T) {
	c, _ := withMicrophone(t)
	content := recordSound(t, c, hearing(shmtest.NewMicrophone(t, c.Camera.Audio)), func(content []byte) bool {
		return packetsIn(content) >= 10
	})
	if !bytes.Contains(content, []byte("dOps")) {
		t.Error("there is no track of sound")
	}
}

func TestARecordingHasNoSoundWhereThereIsToBeNone(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"recording.sound: off":    func(c *config.Config) { c.Recording.Sound = "off" },
		"no microphone is chosen": func(c *config.Config) { c.Camera.Microphone = "" },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := withMicrophone(t)
			change(&c)
			content := recordSound(t, c, hearing(shmtest.NewMicrophone(t, c.Camera.Audio)), func(content []byte) bool {
				return bytes.Count(content, []byte("moof")) >= 100
			})
			if packetsIn(content) > 0 || bytes.Contains(content, []byte("Opus")) {
				t.Error("there is")
			}
		})
	}
}

func TestSoundThatTheOwnerEndsIsSilenceInARecordingThatRunsWhateverTheSegmentHas(t *testing.T) {
	c, path := withMicrophone(t)
	heard, ended := 0, false
	content := recordSound(t, c, hearing(shmtest.NewMicrophone(t, c.Camera.Audio)), func(content []byte) bool {
		if !ended && packetsIn(content) >= 10 {
			ended = true
			text := `{"version": 1, "on": false, "since": "2026-11-28T01:00:00Z", "by": "owner"}`
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Error(err)
			}
		}
		if ended && heard == 0 && silenceIn(content) >= 5 {
			heard = packetsIn(content)
		}
		return heard > 0 && silenceIn(content) >= 50
	})
	if got := packetsIn(content); got != heard {
		t.Errorf("%d packets are in the file, %d were when sound was ended", got, heard)
	}
}

func TestAnAudioSegmentThatComesAndGoesAndIsDamagedEndsNoRecording(t *testing.T) {
	c, _ := withMicrophone(t)
	var microphone *shmtest.Microphone
	var hear func()
	turns, grown := 0, 0
	recordSound(t, c, func() {
		switch turns++; {
		case turns%20 == 5:
			microphone = shmtest.NewMicrophone(t, c.Camera.Audio)
			hear = hearing(microphone)
		case turns%20 == 15:
			microphone.Truncate(int64(turns * 100))
			microphone.Leave()
			hear = nil
		case hear != nil:
			hear()
		}
	}, func(content []byte) bool {
		if packetsIn(content) > grown {
			grown = packetsIn(content)
		}
		return turns > 200 && grown >= 10
	})
}
