package turns

import (
	"path/filepath"
	"testing"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/site"
)

func withMicrophone() config.Config {
	c := config.Default()
	c.Camera.Microphone = "default"
	return c
}

func isJSON(t *testing.T, got site.Object, want string) {
	t.Helper()
	if text := string(site.AppendJSON(nil, got)); text != want {
		t.Errorf("%s, not %s", text, want)
	}
}

func TestTheHealthSaysWhetherSoundComes(t *testing.T) {
	s := newStand(t, "", withMicrophone())
	s.wall, s.ns = 1_795_827_600, 5*freshNS
	isJSON(t, s.SoundHealth(), `{"configured":true,"on":true,"heard":false}`)
	for _, c := range []struct {
		age  int64
		want string
	}{{freshNS - 1, "true"}, {freshNS, "false"}, {0, "true"}} {
		s.ns += keptNS
		s.room.age = &c.age
		isJSON(t, s.SoundHealth(), `{"configured":true,"on":true,"heard":`+c.want+`}`)
	}
	if s.room.opened != 4 || s.room.closed != 4 {
		t.Error(s.room.opened, s.room.closed)
	}
}

func TestWhoAsksOftenIsToldWhatWasHeardAtTheLastLook(t *testing.T) {
	s := newStand(t, "", withMicrophone())
	for range 5 {
		s.SoundHealth()
		s.soundJSON()
	}
	if s.ns += keptNS - 1; s.room.opened != 1 {
		t.Error(s.room.opened)
	}
}

func TestWhatIsOffIsNotListenedTo(t *testing.T) {
	s := newStand(t, "", withMicrophone())
	if err := s.Sound.Turn(false, "owner", 0); err != nil {
		t.Fatal(err)
	}
	isJSON(t, s.SoundHealth(), `{"configured":true,"on":false,"heard":false}`)
	without := newStand(t, "", config.Default())
	isJSON(t, without.SoundHealth(), `{"configured":false,"on":false,"heard":false}`)
	if s.room.opened+without.room.opened != 0 {
		t.Error("it was listened to")
	}
}

func TestPagesAreToldHowItStands(t *testing.T) {
	without, s := newStand(t, "", config.Default()), newStand(t, "", withMicrophone())
	isMicrophone := func(s *stand, want string, on bool) {
		t.Helper()
		if got := s.Microphone(); got != want || s.CameraOn() != on {
			t.Errorf("%q, the camera is on: %v", got, s.CameraOn())
		}
	}
	isMicrophone(without, "", true)
	isMicrophone(s, "on", true)
	_ = s.Sound.Turn(false, "owner", 0)
	isMicrophone(s, "off", true)
	_ = s.Sound.Turn(true, "owner", 0)
	_ = s.Camera.Turn(false, "owner", 0)
	isMicrophone(s, "off", false)
	isJSON(t, s.CameraJSON(), `{"on":false,"since":"1970-01-01T00:00:00Z","by":"owner","until":null}`)
}

func TestDamagedFilesAreTroubles(t *testing.T) {
	s := newStand(t, "", withMicrophone())
	if all := s.Troubles(); len(all) != 0 {
		t.Error(all)
	}
	put(t, filepath.Join(s.directory, "camera.json"), "{")
	put(t, filepath.Join(s.directory, "sound.json"), "{")
	if all := s.Troubles(); len(all) != 2 || all[0].Key != "trouble.sound_switch" || all[1].Key != "trouble.camera_switch" {
		t.Error(all)
	}
}
