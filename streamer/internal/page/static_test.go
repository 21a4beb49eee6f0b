package page

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"testing/fstest"
)

func TestAStaticFileIsKeptForGoodOnlyUnderItsVersion(t *testing.T) {
	b := read(t, "petcam")
	for name, forGood := range map[string]bool{
		"a.css": false, "0123456789ab/a.css": false, b.static.version + "/a.css": true,
	} {
		file, isForGood, err := b.Static(name)
		if err != nil || file == nil {
			t.Fatal(name, file, err)
		}
		if string(file.Stored()) != "a{}" || file.Type != "text/css" || file.ETag != "0123456789abcdef" || file.Gzipped {
			t.Error(name, file)
		}
		if isForGood != forGood {
			t.Errorf("%s: for good: %v", name, isForGood)
		}
	}
}

func TestWhatIsNoStaticFileIsNone(t *testing.T) {
	b := read(t, "petcam")
	version := b.static.version
	for _, name := range []string{
		"", "/", "a", "lib", "lib/", "nothing/a.css", "0123456789AB/a.css", "0123456789a/a.css", "0123456789abc/a.css",
		version, version + "/", version + "/" + version + "/a.css", "../index.json.gz", "index.json.gz", "lib/../a.css",
	} {
		if file, forGood, err := b.Static(name); file != nil || forGood || err != nil {
			t.Errorf("%q: %v, %v, %v", name, file, forGood, err)
		}
	}
}

func TestAGzippedFileIsThereInBothForms(t *testing.T) {
	file, _, err := read(t, "petcam").Static("lib/b.js")
	if err != nil || !file.Gzipped {
		t.Fatal(file, err)
	}
	plain, err := file.Plain()
	if err != nil || string(plain) != module {
		t.Error(string(plain), err)
	}
	if string(file.Stored()) == module {
		t.Error("it is kept as it is")
	}
}

func TestAStaticFileThatIsDamagedOrMissingIsAnError(t *testing.T) {
	files := filesOf(t, fixture)
	delete(files, "static/a.css")
	files["static/lib/b.js"] = &fstest.MapFile{Data: []byte("no gzip")}
	b, err := Read(files, "petcam")
	if err != nil {
		t.Fatal(err)
	}
	if file, _, err := b.Static("a.css"); err == nil || file != nil {
		t.Error("missing:", file, err)
	}
	file, _, err := b.Static("lib/b.js")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := file.Plain(); err == nil {
		t.Error("damaged:", plain)
	}
}

func TestTheVersionIsOfTheNamesAndETagsThatCount(t *testing.T) {
	b := read(t, "petcam")
	manifest := sha256.Sum256([]byte(`{"name":"petcam","short_name":"petcam"}`))
	together := sha256.Sum256([]byte("a.css 0123456789abcdef\nlib/b.js 1123456789abcdef\n" +
		"manifest.webmanifest " + hex.EncodeToString(manifest[:])[:16] + "\n"))
	if want := hex.EncodeToString(together[:])[:12]; b.static.version != want {
		t.Errorf("%s, not %s", b.static.version, want)
	}
	if read(t, "Mike").static.version == b.static.version {
		t.Error("the camera's name is not in it")
	}
}

func TestTheManifestHasTheCamerasNameAndIsGzippedWhereThatIsSmaller(t *testing.T) {
	for name, isGzipped := range map[string]bool{
		"M": false, "a long name of a camera, with more and more words, and more and more words": true,
	} {
		b := read(t, name)
		file, forGood, err := b.Static(b.static.version + "/manifest.webmanifest")
		if err != nil || !forGood {
			t.Fatal(forGood, err)
		}
		plain, err := file.Plain()
		if err != nil {
			t.Fatal(err)
		}
		var manifest map[string]string
		if err := json.Unmarshal(plain, &manifest); err != nil || manifest["name"] != name || manifest["short_name"] != name {
			t.Errorf("%s: %v", plain, err)
		}
		if file.Gzipped != isGzipped || file.Gzipped == (len(file.Stored()) >= len(plain)) {
			t.Errorf("%s: gzipped: %v, %d of %d bytes", name, file.Gzipped, len(file.Stored()), len(plain))
		}
		if want := digest(plain, 16); file.ETag != want {
			t.Errorf("%s, not %s", file.ETag, want)
		}
	}
}

func TestCamerasNamesAreQuotedAsPythonDoes(t *testing.T) {
	text, err := os.ReadFile("../../../tests/camera-names.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Name, JSON string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err, len(cases))
	}
	for _, c := range cases {
		if got := quoted(c.Name); got != c.JSON {
			t.Errorf("%q: %s, not %s", c.Name, got, c.JSON)
		}
	}
}

func TestTextsAreQuotedAsPythonDoes(t *testing.T) {
	for text, want := range map[string]string{ // json.dumps(text, ensure_ascii=False)
		"":                         `""`,
		"ミケの部屋":                    `"ミケの部屋"`,
		`a"b\c/d`:                  `"a\"b\\c/d"`,
		"<b>&'":                    `"<b>&'"`,
		"\x00\x07\b\t\n\v\f\r\x1f": `"\u0000\u0007\b\t\n\u000b\f\r\u001f"`,
		"\x7f\u0080\u2028\u2029😺":  "\"\x7f\u0080\u2028\u2029😺\"",
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q: %s, not %s", text, got, want)
		}
	}
}

func TestEachStaticFileOfTheProgramIsThere(t *testing.T) {
	b := opened(t, "ミケ")
	for name, entry := range b.static.entries {
		file, forGood, err := b.Static(b.static.version + "/" + name)
		if err != nil || file == nil || !forGood {
			t.Fatal(name, file, forGood, err)
		}
		plain, err := file.Plain()
		if err != nil || digest(plain, etagDigits) != entry.ETag || file.ETag != entry.ETag {
			t.Errorf("%s: %v", name, err)
		}
	}
}
