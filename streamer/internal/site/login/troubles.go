package login

import "petcam/streamer/internal/apierror"

// doctor is the command that helps where an error names no other.
const doctor = "sudo petcam doctor"

// trouble is a row of what a page says where a file of the state is damaged or cannot be written: the key of its words, and
// the command that helps.
func trouble(key, command string) map[string]string {
	return map[string]string{"@key": key, "@command": command}
}

// notKept is what is said of a password that was not written, or may not last; nil: that is not it.
func notKept(code apierror.Code) []map[string]string {
	switch code {
	case apierror.StateNotWritten:
		return []map[string]string{trouble("trouble.not_written", doctor)}
	case apierror.StateNotSynced:
		return []map[string]string{trouble("trouble.not_synced", doctor)}
	}
	return nil
}

func shown(of *apierror.Error) map[string]string {
	command, has := of.Values["command"]
	if !has {
		command = doctor
	}
	return trouble(of.Key, command)
}

// troubles are what was said, and what is wrong with the state.
func (p *Pages) troubles(said []map[string]string) []map[string]string {
	for _, each := range append(p.Passwords.Troubles(), p.visitors.Troubles()...) {
		said = append(said, shown(each))
	}
	return said
}
