package httpapi

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"syscall"
	"time"
)

// writeProcess writes what the Go and process collectors of Prometheus' own library call by the same names.
func (e exposition) writeProcess(began time.Time) {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // fails only for another first argument
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	e.counter("process_cpu_seconds_total", "Processor time used.", cpu.Seconds())
	e.gauge("process_resident_memory_bytes", "Resident memory.", float64(residentBytes()))
	e.gauge("process_open_fds", "Open file descriptors.", float64(openDescriptors()))
	e.gauge("process_start_time_seconds", "Time of the start, in seconds since 1970.", float64(began.UnixMilli())/1000)

	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	e.gauge("go_goroutines", "Goroutines.", float64(runtime.NumGoroutine()))
	e.gauge("go_memstats_heap_alloc_bytes", "Bytes of heap objects.", float64(heap[0].Value.Uint64()))
	e.gauge("go_memstats_heap_limit_bytes", "GOMEMLIMIT.", float64(debug.SetMemoryLimit(-1)))
}

// residentBytes is the second field of /proc/self/statm, in pages; 0 where there is none.
func residentBytes() int {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(string(fields[1]))
	return pages * os.Getpagesize()
}

func openDescriptors() int {
	descriptors, _ := os.ReadDir("/proc/self/fd")
	return len(descriptors)
}
