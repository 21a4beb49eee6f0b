package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const exitInterrupted = 130 // a shell's for SIGINT

var errInterrupted = errors.New("interrupted")

func isTerminal(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// askInSecret asks for a line at a terminal, which does not show what is typed. The terminal is as before when it returns,
// also for Ctrl-C.
func askInSecret(terminal *os.File, prompt string) (string, error) {
	fd := int(terminal.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)
	secret := *before
	secret.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETSF, &secret); err != nil {
		return "", err
	}
	defer func() { _ = unix.IoctlSetTermios(fd, unix.TCSETSF, before) }()
	show(terminal, prompt)
	defer show(terminal, "\n")
	return readLine(terminal, stop)
}

// show writes to the terminal, whatever became of stdout and stderr.
func show(terminal *os.File, text string) {
	if _, err := terminal.WriteString(text); err != nil { // it may be open for reading only
		fmt.Fprint(os.Stderr, text)
	}
}

// readLine reads a line, byte by byte so that the next one is left for the next question. The reader ends with the process
// where a signal ends the question.
func readLine(terminal *os.File, stop <-chan os.Signal) (string, error) {
	type read struct {
		line string
		err  error
	}
	done := make(chan read, 1)
	go func() {
		var line strings.Builder
		for one := make([]byte, 1); line.Len() < 1<<16; {
			n, err := terminal.Read(one)
			if err != nil || n == 0 || one[0] == '\n' {
				if line.Len() > 0 || n > 0 {
					err = nil // Ctrl-D behind a line ends it
				}
				done <- read{strings.TrimRight(line.String(), "\r"), err}
				return
			}
			line.WriteByte(one[0])
		}
		done <- read{err: errors.New("the line is too long")}
	}()
	select {
	case found := <-done:
		return found.line, found.err
	case <-stop:
		return "", errInterrupted
	}
}
