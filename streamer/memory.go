package main

import (
	"os"
	"runtime/debug"
)

// frugalGC is GOGC while the page is served: a third of the heap that is used may wait for the collector, where else as
// much again does. It then works twice as often, a few milliseconds each time.
const frugalGC = 30

// beFrugal has the process take less memory, for boards that have 64 MB, until what it gives is called.
func beFrugal() (end func()) {
	debug.FreeOSMemory() // what only starting took
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(frugalGC)
	return func() { debug.SetGCPercent(before) }
}
