package main

import (
	"runtime/debug"
	"testing"
)

func TestTheCollectorWorksMoreWhileThePageIsServed(t *testing.T) {
	now := func() int {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent
	}
	before := now()
	t.Setenv("GOGC", "")
	end := beFrugal()
	if now() != frugalGC {
		t.Error(now())
	}
	end()
	t.Setenv("GOGC", "77") // who sets it knows why
	beFrugal()()
	if now() != before {
		t.Error(now())
	}
}
