package shm

// chunkSize is a second of 2 Mb/s: the garbage collector frees a chunk when no access unit in it is used any more.
const chunkSize = 256 << 10

// Arena cuts the memory of access units out of larger pieces, so that a record costs no allocation of its own.
type Arena struct{ free []byte }

// Reserve gives size bytes to write to. They are given again unless Commit is called.
func (a *Arena) Reserve(size int) []byte {
	if size > len(a.free) {
		a.free = make([]byte, max(size, chunkSize))
	}
	return a.free[:size:size]
}

// Commit leaves what Reserve gave last to its owner.
func (a *Arena) Commit(piece []byte) { a.free = a.free[len(piece):] }
