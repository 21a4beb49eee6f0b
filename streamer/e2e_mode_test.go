package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// familySettings gives a settings.json by the recording_mode that it chooses.
func familySettings(t *testing.T) map[string]string {
	t.Helper()
	var cases struct{ Chosen map[string][]string }
	text, err := os.ReadFile(filepath.Join("..", "tests", "settings-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for mode, texts := range cases.Chosen {
		found[mode] = texts[len(texts)-1]
	}
	return found
}

// webStateOf makes petcam-web's state directory, and gives a function that writes settings.json there, as petcam-web does.
func webStateOf(t *testing.T) (put func(text string)) {
	t.Helper()
	state := t.TempDir()
	t.Setenv("PETCAM_VIEWING_TOKENS", filepath.Join(state, "viewing_tokens.json"))
	file := filepath.Join(state, "settings.json")
	return func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
}

// untilMode waits until health and status say that the mode is in force.
func untilMode(t *testing.T, url, mode string) {
	t.Helper()
	for _, path := range []string{"/health", "/status"} {
		eventually(t, "the mode is "+mode, func() bool { return want(t, "GET", url+path, nil, 200)["recording_mode"] == mode })
	}
}

func TestWhatIsRecordedByItselfIsAsAFamilyChoosesWithoutARestart(t *testing.T) {
	c := settings(t)
	put, texts := webStateOf(t), familySettings(t)
	c.Recording.Mode, c.Recording.PostRollSeconds = "manual", 0
	film(t, c.Camera.Stream)
	url := begin(t, c)
	untilMode(t, url, "manual")
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
	hand := want(t, "POST", url+"/start", nil, 200)["filename"].(string)

	put(texts["always"])
	untilMode(t, url, "always")
	eventually(t, "it is recorded", func() bool { return itself(t, url, "/status")["frame_count"].(float64) > 20 })

	put(texts["visits"])
	untilMode(t, url, "visits")
	eventually(t, "that has ended", func() bool { return itself(t, url, "/status")["recording"] == false })
	visit := want(t, "POST", url+"/keep", map[string]any{"seconds": 60, "pre_roll": 0}, 200)["filename"].(string)

	put(texts["manual"])
	untilMode(t, url, "manual")
	eventually(t, "the visit has ended", func() bool { return want(t, "GET", url+"/status", nil, 200)["by_itself"] == nil })
	if answer := want(t, "POST", url+"/keep", nil, 409); answer["error"] != "Not recorded" {
		t.Error(answer)
	}
	if status := want(t, "GET", url+"/status", nil, 200); status["recording"] != true || status["filename"] != hand {
		t.Error("by hand it is", status)
	}
	want(t, "POST", url+"/stop", nil, 200)
	names := strings.Fields(keptIn(t, c.Recording.Directory))
	isAlways := func(name string) bool { return strings.HasSuffix(name, "~always.mp4") }
	if len(names) != 3 || !slices.Contains(names, hand) || !slices.Contains(names, visit) || !slices.ContainsFunc(names, isAlways) {
		t.Error(names)
	}
}

func TestWhatAFamilyHasChosenHoldsFromTheStartAndPetcamYAMLsWhereThatIsDamaged(t *testing.T) {
	c := settings(t)
	put, texts := webStateOf(t), familySettings(t)
	c.Recording.Mode = "visits"
	put(texts["manual"])
	log := &lockedLog{}
	url := beginLogging(t, c, access{}, slog.New(slog.NewTextHandler(log, nil)))
	want(t, "POST", url+"/keep", nil, 409)

	put(texts["manual"] + "damaged")
	untilMode(t, url, "visits")
	faults := want(t, "GET", url+"/health", nil, 200)["faults"].([]any)
	if len(faults) != 1 || !strings.Contains(faults[0].(string), "settings.json") || log.count("is as petcam.yaml says") != 1 {
		t.Error(faults, log.text.String())
	}
	put(texts[""])
	eventually(t, "that is forgotten", func() bool { return len(want(t, "GET", url+"/health", nil, 200)["faults"].([]any)) == 0 })
	untilMode(t, url, "visits")
}
