package record

import (
	"sync/atomic"
	"testing"
)

func TestSoundThatIsSwitchedOffIsSilenceFromThatMomentUntilItIsOnAgain(t *testing.T) {
	var on atomic.Bool
	on.Store(true)
	r, microphone := newSoundHarness(t, func(o *Options) { o.SoundOn = on.Load })
	r.runsForLong()
	units := seconds(t, 3)
	microphone.publish(heard(units[0].CaptureNS, 150)...) // the writer does not care
	packets := heard(units[0].CaptureNS, 50)
	r.begins(units)
	publish := func(from, to int) {
		r.source.publish(units[from:to]...)
		r.source.waitUntilRead()
	}
	publish(10, 31) // 1 s
	on.Store(false)
	publish(31, 61)
	on.Store(true) // only now: all that the segment has was captured before
	publish(61, 90)
	name := r.stop().Filename
	r.holdsSound(name, units, of(packets[:50]), silent(lasts(units)-50))
}

func TestWhatWasCapturedWhileSoundWasOffIsInNoPreRoll(t *testing.T) {
	var on atomic.Bool
	r, microphone := newSoundHarness(t, func(o *Options) { o.SoundOn = on.Load })
	r.runsForLong()
	units := seconds(t, 2)
	microphone.publish(heard(units[0].CaptureNS, 100)...) // of a writer that does not care
	r.soundSwitch.isOn()                                  // as each second
	on.Store(true)
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, silent(lasts(units)))
}

func TestWhatWasCapturedBeforeTheStartIsInNoPreRoll(t *testing.T) {
	r, microphone := newSoundHarness(t, func(o *Options) { o.SoundOn = func() bool { return true } })
	units := seconds(t, 2)
	microphone.publish(heard(units[0].CaptureNS, 50)...) // maybe before the owner turned sound on
	name := r.begins(units)
	r.ends(units)
	r.holdsSound(name, units, silent(lasts(units)))
}
