package config

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"testing"
)

// listed is a key as the manual lists it: its default and what is allowed.
type listed struct{ byDefault, allowed string }

// The Python test holds petcam/config to the manual too, and both tests load etc/petcam.yaml.
func TestTheManualAgreesOnEachKeyItsDefaultAndWhatIsAllowed(t *testing.T) {
	manual, declared := inTheManual(t), declared()
	for key, want := range manual {
		if got := declared[key]; got != want {
			t.Errorf("%s: the manual has %q, the code %q", key, want, got)
		}
	}
	if !maps.Equal(manual, declared) {
		t.Errorf("the manual has %d keys, the code %d", len(manual), len(declared))
	}
}

func inTheManual(t *testing.T) map[string]listed {
	text, err := os.ReadFile("../../../docs/man/petcam.yaml.5")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\.Ss (\w+)$|^\.It Va (\w+) No \((.*?)\): (.*)$`)
	section, found := "", map[string]listed{}
	for _, match := range line.FindAllStringSubmatch(string(text), -1) {
		if match[1] != "" {
			section = match[1]
			continue
		}
		found[section+"."+match[2]] = listed{match[3], match[4]}
	}
	return found
}

func declared() map[string]listed {
	found := map[string]listed{}
	for _, section := range sections(new(Config)) {
		for _, key := range section.keys {
			text := key.byDefault
			if text == "" {
				text = map[bool]string{true: "[]", false: "empty"}[key.place.Kind() == reflect.Slice]
			}
			found[section.name+"."+key.name] = listed{text, key.words}
		}
	}
	return found
}

func TestAChoiceOfOffOrOnTakesTheWordsOfSwitches(t *testing.T) {
	onOrOff := choice("off or on")
	for text, want := range map[string]string{"on": "on", "Yes": "on", "TRUE": "on", "off": "off", "No": "off", "FALSE": "off"} {
		if got, ok := onOrOff.value(text); !ok || got != want {
			t.Errorf("%s is %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"none", "1", ""} {
		if got, ok := onOrOff.value(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
