package main

import (
	"os"
	"path/filepath"
	"slices"

	who "petcam/streamer/internal/access" // the name access is taken here
	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/chosen"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/switches"
)

const secretsFolder = "/etc/petcam/secrets"

func ownersGeneration(directory string) (string, error) {
	place := who.PlaceOf(directory, quietly())
	return who.NewPasswords(directory, nil, place, quietly()).Generation(who.Owner)
}

// checkState says which file of what was set is damaged, unless all of them are another disk's.
func (d *doctor) checkState() {
	d.checkSecrets()
	directory := state.Directory()
	place := who.PlaceOf(directory, quietly())
	if misplaced := place.Trouble(); misplaced != nil {
		d.say(broken, "state", "%s", misplaced.Message)
		return
	}
	if volatile := place.VolatileTrouble(); volatile != nil {
		d.say(look, "state", "%s", volatile.Message)
	}
	isSecret := false
	for _, trouble := range troublesIn(directory) {
		switch {
		case trouble == nil:
		case state.IsForLackOfPermission(trouble):
			isSecret = true
		default:
			d.say(broken, "state", "%s", trouble.Message)
		}
	}
	if isSecret {
		d.say(look, "state", "only root sees whether %s is whole: sudo petcam doctor", directory)
	}
}

// troublesIn are of each file that this service reads.
func troublesIn(directory string) []*apierror.Error {
	anywhere := who.NewPlace(directory, "")
	return slices.Concat(
		who.NewPasswords(directory, nil, anywhere, quietly()).Troubles(),
		who.KeyTroubles(directory, quietly()),
		[]*apierror.Error{
			who.SessionsTrouble(directory, quietly()),
			who.NewViewingTokens(directory, quietly()).Trouble(),
			who.FirstHourTrouble(directory, quietly()),
			switches.Sound(directory, "", quietly()).Trouble(),
			switches.Camera(directory, "", quietly()).Trouble(),
			chosen.New(directory, "", quietly()).Trouble(),
		})
}

// checkSecrets looks for those without which systemd does not start the service; petcam-keys.service makes them. Only root
// sees them.
func (d *doctor) checkSecrets() {
	if !exists(secretsFolder) || os.Geteuid() != 0 {
		return
	}
	for _, name := range []string{who.SessionKey, who.TokenKey} {
		path := filepath.Join(secretsFolder, name)
		if _, err := os.Lstat(path); err != nil {
			d.say(broken, "keys", "%s is missing: sudo systemctl restart petcam.target", path)
		}
	}
	for _, trouble := range who.KeyTroubles(secretsFolder, quietly()) {
		d.say(broken, "keys", "%s", trouble.Message)
	}
}
