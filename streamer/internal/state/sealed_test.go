package state

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// sealedCases are those of tests/sealed-cases.json, which the Python tests read too.
type sealedCases struct {
	Whole          []struct{ Text, Canonical string }
	Older, Damaged []string
}

func readCases(t testing.TB) (c sealedCases) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "sealed-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || len(c.Whole) == 0 || len(c.Older) == 0 || len(c.Damaged) == 0 {
		t.Fatal("cases are missing", err)
	}
	return c
}

func TestASealIsThatOfWhatPythonWrites(t *testing.T) {
	for _, each := range readCases(t).Whole {
		document, err := Unsealed([]byte(each.Text))
		if err != nil {
			t.Errorf("%.80s: %v", each.Text, err)
			continue
		}
		for _, gone := range []string{"version", "sha256"} {
			if _, there := document[gone]; there {
				t.Errorf("%.80s: %s is left", each.Text, gone)
			}
		}
		document["version"] = version
		if text, err := appendPython(nil, document); err != nil || string(text) != each.Canonical {
			t.Errorf("%s, %v instead of %s", text, err, each.Canonical)
		}
	}
}

func TestWhatIsNotWhollyAsItWasSealedIsNotTaken(t *testing.T) {
	c := readCases(t)
	for _, text := range append(append(c.Damaged, c.Older...), "\xff", "{\"version\": 1, \"a\": \"\xff\"}") {
		if document, err := Unsealed([]byte(text)); err == nil {
			t.Errorf("%.200q is %v", text, document)
		}
	}
}

func TestEveryByteOfASealedFileCounts(t *testing.T) {
	for _, each := range readCases(t).Whole[:2] {
		for i := range each.Text {
			text := []byte(each.Text)
			text[i] ^= 1
			if _, err := Unsealed(text); err == nil && string(text) != each.Text {
				t.Errorf("%s was taken for %s", text, each.Text)
			}
			if _, err := Unsealed(text[:i]); err == nil {
				t.Errorf("%s was taken", text[:i])
			}
		}
	}
}

func FuzzUnsealed(f *testing.F) {
	c := readCases(f)
	for _, each := range c.Whole {
		f.Add([]byte(each.Text))
	}
	for _, text := range c.Damaged {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := Object(text)
		if err != nil {
			return
		}
		first, err := appendPython(nil, document)
		if err != nil {
			return
		}
		again, err := Object(first)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := appendPython(nil, again); err != nil || string(second) != string(first) {
			t.Errorf("%s, %v is not %s", second, err, first)
		}
	})
}
