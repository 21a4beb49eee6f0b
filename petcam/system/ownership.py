"""Who owns what root has written for a service."""

import os


def give_to_owner(fd: int, directory: os.stat_result) -> None:
    """A file that root has made belongs to who has its directory, who else could not use it any more."""
    if os.geteuid() == 0 and os.fstat(fd).st_nlink == 1:  # with another name it might be another's
        os.fchown(fd, directory.st_uid, directory.st_gid)
