package page

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// unpackedLimit is far above what any file of a bundle is.
const unpackedLimit = 16 << 20

func unpacked(packed []byte) ([]byte, error) {
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(from, unpackedLimit+1))
	if err == nil && len(data) > unpackedLimit {
		err = errors.New("it is too large")
	}
	return data, err
}

func gzipped(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	into, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := into.Write(data); err != nil {
		return nil, err
	}
	err = into.Close()
	return packed.Bytes(), err
}
