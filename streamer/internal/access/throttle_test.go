package access

import (
	"fmt"
	"testing"
	"time"
)

// aThrottle is one whose time the test sets.
func aThrottle() (*Throttle, *time.Time) {
	now := time.Now()
	return NewThrottle(func() time.Time { return now }, quiet()), &now
}

// try is a wrong one, where it may be made; the wait is the pause after it.
func try(t *testing.T, throttle *Throttle, client string, unknown bool) (pause time.Duration) {
	t.Helper()
	if wait := throttle.Begin(client, unknown); wait != 0 {
		t.Errorf("%s waits %v", client, wait)
	}
	throttle.End(client, false, unknown, true)
	return max(0, throttle.failures[client].Value.(*failure).notBefore.Sub(throttle.now()))
}

func TestThePauseGrowsEndsByItselfAndIsResetByACorrectPassword(t *testing.T) {
	throttle, now := aThrottle()
	for i, want := range []time.Duration{0, 0, 0, 2, 4, 8, 16, 30, 30} {
		if pause := try(t, throttle, "a", true); pause != want*time.Second {
			t.Errorf("%d: %v", i, pause)
		} else if pause > 0 && throttle.Begin("a", true) != pause {
			t.Error("it may try")
		} else {
			*now = now.Add(pause)
		}
	}
	if throttle.Begin("a", true) != 0 {
		t.Error("it may not try")
	}
	throttle.End("a", true, true, true)
	for range 3 {
		if pause := try(t, throttle, "a", true); pause != 0 {
			t.Error(pause)
		}
	}
}

func TestConcurrentTriesAreCountedAndLimited(t *testing.T) {
	throttle, _ := aThrottle()
	for i := range maxConcurrentChecks + 1 {
		if wait := throttle.Begin("a", true); (wait == 0) != (i < maxConcurrentChecks) {
			t.Errorf("%d: %v", i, wait)
		}
	}
	if throttle.Begin("b", true) != time.Second {
		t.Error("it may try")
	}
	throttle.End("a", false, true, true)
	if throttle.Begin("b", true) != 0 {
		t.Error("it may not try")
	}
}

func TestUnknownClientsShareOneLimitAndAKnownBrowserHasItsOwn(t *testing.T) {
	throttle, now := aThrottle()
	tries := 0
	for number := range 2 * maxUnknownTries {
		client := fmt.Sprint("address ", number)
		if throttle.Begin(client, true) == 0 {
			tries++
			throttle.End(client, false, true, true)
		}
	}
	if tries != maxUnknownTries {
		t.Error(tries)
	}
	try(t, throttle, "browser", false)
	*now = now.Add(time.Second)
	try(t, throttle, "another", true)
}

func TestTheViewingPasswordMakesNoWrongGuessForgotten(t *testing.T) {
	throttle, _ := aThrottle()
	for range maxTriesWithoutPause - 1 {
		try(t, throttle, "a", false)
	}
	for range 3 {
		if throttle.Begin("a", false) != 0 {
			t.Error("it may not try")
		}
		throttle.End("a", true, false, false)
	}
	if pause := try(t, throttle, "a", false); pause != 0 {
		t.Error(pause)
	}
	if pause := try(t, throttle, "a", false); pause != 2*time.Second {
		t.Error(pause)
	}
}

func TestWrongGuessesAreForgottenAfterAnHourAndNoMoreThanAThousandClientsAreKept(t *testing.T) {
	throttle, now := aThrottle()
	for range maxTriesWithoutPause {
		try(t, throttle, "a", false)
	}
	*now = now.Add(forgetAfter)
	if pause := try(t, throttle, "a", false); pause != 0 {
		t.Error(pause)
	}
	for number := range maxRememberedClients {
		try(t, throttle, fmt.Sprint(number), false)
	}
	if _, has := throttle.failures["a"]; has || len(throttle.failures) != maxRememberedClients || throttle.order.Len() != maxRememberedClients {
		t.Error(len(throttle.failures), throttle.order.Len())
	}
}
