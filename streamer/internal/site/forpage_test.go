package site

import "testing"

// Flask's tojson wrote these.
func TestAPageHasValuesInItselfAsFlaskWritesThem(t *testing.T) {
	for want, value := range map[string]any{
		`{"a": [1, true, {"b": "\u003c/script\u003e\u0026\u0027"}], "z": "\u00e9\ud83d\ude00\u007f\"\\\n"}`: Object{
			{"z", "é😀\x7f\"\\\n"}, {"a", []any{1, true, Object{{"b", "</script>&'"}}}}},
		`{}`: Object{}, `[]`: []any{}, `[false, -5]`: []any{false, -5},
	} {
		if got := ForPage(value); got != want {
			t.Errorf("%s instead of %s", got, want)
		}
	}
}
