package shm

import (
	"fmt"
	"os"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"
)

// account is the system user and group that own petcam's segments.
const account = "petcam"

// ids are the owners that a reader trusts besides root: its own user, and petcam; -1 where petcam does not exist.
type ids struct {
	self        int64
	petcamUser  int64
	petcamGroup int64
}

func trustedIDs() ids {
	found := ids{self: int64(os.Geteuid()), petcamUser: -1, petcamGroup: -1}
	if u, err := user.Lookup(account); err == nil {
		found.petcamUser = parseID(u.Uid)
	}
	if g, err := user.LookupGroup(account); err == nil {
		found.petcamGroup = parseID(g.Gid)
	}
	return found
}

func parseID(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return id
}

// checkOwner is step O2: who could have written this segment. It fails with a Refusal.
func checkOwner(stat *unix.Stat_t, trusted ids, name string) error {
	uid, gid, mode := int64(stat.Uid), int64(stat.Gid), stat.Mode
	remove := fmt.Sprintf("remove it (rm %s%s) and restart the daemon that writes it", Directory, name)
	switch {
	case mode&unix.S_IFMT != unix.S_IFREG:
		return Refusal("is not a regular file: " + remove)
	// Only root and members of the group can give a file to it; under PrivateUsers= other users have no number.
	case uid != 0 && uid != trusted.self && uid != trusted.petcamUser && gid != trusted.petcamGroup:
		return Refusal(fmt.Sprintf("belongs to user %d, and only root, petcam and this service's user are trusted: %s",
			uid, remove))
	case mode&unix.S_IWOTH != 0:
		return Refusal(fmt.Sprintf("can be written by everybody (mode %04o): the daemon that writes it must make it 0640",
			mode&0o7777))
	case mode&unix.S_IWGRP != 0 && gid != trusted.petcamGroup:
		return Refusal(fmt.Sprintf("can be written by group %d (mode %04o): the daemon that writes it must make it 0640",
			gid, mode&0o7777))
	}
	return nil
}
