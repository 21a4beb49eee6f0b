package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// version is that of all sealed files.
const version = json.Number("1")

// Unsealed reads a sealed file of petcam-web's as docs/state.md says: strict JSON, whose checksum is that of the rest.
// What it has besides version and checksum is given back, numbers as json.Number. tests/sealed-cases.json holds it and
// petcam/access/state_file.py together.
func Unsealed(text []byte) (map[string]any, error) {
	document, err := Object(text)
	if err != nil {
		return nil, err
	}
	if _, has := document["version"]; !has { // nor a checksum: an older petcam wrote it
		return nil, errors.New("has no version")
	}
	seal := document["sha256"]
	delete(document, "sha256")
	canonical, err := appendPython(nil, document)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(canonical); seal != hex.EncodeToString(sum[:]) {
		return nil, errors.New("does not match its checksum")
	}
	if document["version"] != version {
		return nil, fmt.Errorf("is not of version %s", version)
	}
	delete(document, "version")
	return document, nil
}
