package shm

// chunkSize is a second of 2 Mb/s: the garbage collector frees a chunk when nobody holds a piece of it any more.
const chunkSize = 256 << 10

// arena cuts the memory of access units out of larger pieces, so that a record costs no allocation of its own.
type arena struct{ free []byte }

// reserve gives size bytes to write to. They are given again unless keep is called.
func (a *arena) reserve(size int) []byte {
	if size > len(a.free) {
		a.free = make([]byte, max(size, chunkSize))
	}
	return a.free[:size:size]
}

// keep leaves what reserve gave last to its owner.
func (a *arena) keep(piece []byte) { a.free = a.free[len(piece):] }
