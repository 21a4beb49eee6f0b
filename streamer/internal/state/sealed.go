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
	document, isOlder, err := UnsealedOrOlder(text)
	if err == nil && isOlder {
		return nil, errors.New("has no version")
	}
	return document, err
}

// UnsealedOrOlder does so too, and takes what has no version and so no checksum: an older petcam wrote it.
func UnsealedOrOlder(text []byte) (document map[string]any, isOlder bool, err error) {
	if document, err = Object(text); err != nil {
		return nil, false, err
	}
	if _, has := document["version"]; !has {
		return document, true, nil
	}
	seal := document["sha256"]
	delete(document, "sha256")
	found, err := sealOf(document)
	if err != nil {
		return nil, false, err
	}
	if seal != found {
		return nil, false, errors.New("does not match its checksum")
	}
	if document["version"] != version {
		return nil, false, fmt.Errorf("is not of version %s", version)
	}
	delete(document, "version")
	return document, false, nil
}

// Sealed is such a file: fields, with their version before and the checksum of both behind.
func Sealed(fields Fields) ([]byte, error) {
	body := append(Fields{{"version", version}}, fields...)
	seal, err := sealOf(body.object())
	if err != nil {
		return nil, err
	}
	return JSON(append(body, Field{"sha256", seal}))
}

func sealOf(body map[string]any) (string, error) {
	canonical, err := appendPython(nil, body)
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), err
}
