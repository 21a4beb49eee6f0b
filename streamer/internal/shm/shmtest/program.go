package shmtest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// StartProgram runs the test program in a process of its own, with variable=value in its environment, by which its
// TestMain knows what to do there. It returns once that calls EndWithTest; the process runs until kill is called or the
// test ends.
func StartProgram(t testing.TB, variable, value string) (kill func()) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), variable+"="+value)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = stdin.Close()
	})
	t.Cleanup(kill)
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return kill
}

// EndWithTest lets StartProgram return in the test program, and has this process end when that does.
func EndWithTest() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test program
		os.Exit(0)
	}()
	_, _ = os.Stdout.WriteString("ready\n")
}
