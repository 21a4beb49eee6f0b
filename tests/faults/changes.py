"""Everything that changes a state file, so that tests can interrupt it.

A change works in any folder. What must be known afterwards of what ``prepare`` did is kept two folders further up, and
so not on the disk with faults.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from petcam.access import FirstHour, Owner, Role, ViewingTokens, secret_key
from petcam.system.boot_time import read_boot_id
from petcam.web.login import Sessions

OLD, NEW, OTHER = "the old words", "the new words", "words of somebody else"
FILES = (
    *("owner.json", "viewer.json", "viewing_tokens.json", "sessions.json", "first_visit.json"),
    *("session.key", "token.key"),
)


@dataclass(frozen=True)
class Change:
    """``prepare(folder)`` makes the old state, ``make(folder)`` changes it and raises where that failed, and
    ``found(folder)`` says which is there, as an object sees it that has just been made: "old", "new", or what else."""

    name: str
    prepare: Callable[[Path], object]
    make: Callable[[Path], object]
    found: Callable[[Path], str]
    must_last: bool = True  # where it is answered as done, it outlives a power cut

    def __str__(self):
        return self.name.replace(" ", "-")


def sessions(folder):
    return Sessions(folder, Owner(folder).generation, read_boot_id())


def begin_session(folder, role):
    """Returns its token, once the session is durable."""
    kept = sessions(folder)
    token = kept.begin(role, Owner(folder).generation(role))
    kept.save()
    return token


def visited(folder):
    """The owner's file as petcam-web sees it, within the first hour."""
    first_hour = FirstHour(folder, read_boot_id())
    first_hour.begin()
    return Owner(folder, first_hour)


def remember(folder, text):
    (folder.parent.parent / "remembered").write_text(text)


def remembered(folder):
    return (folder.parent.parent / "remembered").read_text()


def _nothing(folder):
    """There is no old state."""


def _claim(folder):
    visited(folder).claim(NEW)


def _claimed(folder):
    owner = visited(folder)
    return {(None, True): "old", (Role.OWNER, False): "new"}.get((owner.verify(NEW), owner.is_first_visit()), "damaged")


def _old_owner(folder):
    Owner(folder).set_password(OLD)


def _new_owner(folder):
    Owner(folder).set_password(NEW)


def _owner_is(folder):
    return _which(Owner(folder), Role.OWNER)


def _old_viewer(folder):
    Owner(folder).set_password(OTHER)
    Owner(folder).set_viewer_password(OLD)


def _other_owner(folder):
    Owner(folder).set_password(OTHER)


def _new_viewer(folder):
    Owner(folder).set_viewer_password(NEW)


def _remove_viewer(folder):
    Owner(folder).remove_viewer_password()


def _viewer_is(folder):
    return _which(Owner(folder), Role.VIEWER)


def _viewer_is_set(folder):
    owner = Owner(folder)
    found = {(None, False): "old", (Role.VIEWER, True): "new"}.get((owner.verify(NEW), owner.has_viewer()), "damaged")
    return found if owner.verify(OTHER) is Role.OWNER else "the owner is out"


def _viewer_is_removed(folder):
    owner = Owner(folder)
    return {(Role.VIEWER, True): "old", (None, False): "new"}.get((owner.verify(OLD), owner.has_viewer()), "damaged")


def _which(owner, role):
    found = {(role, None): "old", (None, role): "new"}
    return found.get((owner.verify(OLD), owner.verify(NEW)), "damaged")


def _add_old_token(folder):
    remember(folder, ViewingTokens(folder).add("old"))


def _add_new_token(folder):
    ViewingTokens(folder).add("new")


def _revoke_token(folder):
    ViewingTokens(folder).revoke("old")


def _tokens_are(folder):
    labels = [each.label for each in ViewingTokens(folder).all()]
    accepted = ViewingTokens(folder).accepts(remembered(folder))
    return {("old", True): "old", ("old new", True): "new"}.get((" ".join(labels), accepted), "damaged")


def _first_token_is(folder):
    return {"": "old", "new": "new"}.get(" ".join(each.label for each in ViewingTokens(folder).all()), "damaged")


def _token_is_revoked(folder):
    labels = " ".join(each.label for each in ViewingTokens(folder).all())
    accepted = ViewingTokens(folder).accepts(remembered(folder))
    return {("old", True): "old", ("", False): "new"}.get((labels, accepted), "damaged")


def _two_sessions(folder):
    _old_viewer(folder)
    remember(folder, " ".join(begin_session(folder, role) for role in (Role.OWNER, Role.VIEWER)))


def _begin_session(folder):
    begin_session(folder, Role.OWNER)


def _end_owners_session(folder):
    kept = sessions(folder)
    kept.end(kept.find(remembered(folder).split()[0]))
    kept.make_durable()


def _end_all_sessions(folder):
    kept = sessions(folder)
    kept.end_all()
    kept.make_durable()


def _end_viewers_sessions(folder):
    kept = sessions(folder)
    kept.end_all(Role.VIEWER)
    kept.make_durable()


def _alive(*left):
    """``found`` for a change that leaves these roles, or fewer: then somebody has to log in again."""

    def found(folder):
        kept = sessions(folder)
        alive = {session.role for session in map(kept.find, remembered(folder).split()) if session}
        if alive == {Role.OWNER, Role.VIEWER}:
            return "old"
        return "new" if alive <= set(left) else "damaged"

    return found


def _make_key(folder):
    made = secret_key("session.key", folder)
    if made.trouble:
        raise made.trouble


def _key_is(folder):
    if not (folder / "session.key").exists():
        return "old"
    return "new" if len((folder / "session.key").read_bytes()) >= 32 else "damaged"


PASSWORDS_AND_TOKENS = [
    Change("owner claims", visited, _claim, _claimed),
    Change("owner's password", _old_owner, _new_owner, _owner_is),
    Change("viewers' first password", _other_owner, _new_viewer, _viewer_is_set),
    Change("viewers' password", _old_viewer, _new_viewer, _viewer_is),
    Change("viewers' password removed", _old_viewer, _remove_viewer, _viewer_is_removed),
    Change("first token", _nothing, _add_new_token, _first_token_is),
    Change("second token", _add_old_token, _add_new_token, _tokens_are),
    Change("token revoked", _add_old_token, _revoke_token, _token_is_revoked),
    Change("key", _nothing, _make_key, _key_is),
]
SESSIONS = [
    Change("session begun", _two_sessions, _begin_session, _alive(), must_last=False),
    Change("session ended", _two_sessions, _end_owners_session, _alive(Role.VIEWER)),
    Change("all sessions ended", _two_sessions, _end_all_sessions, _alive()),
    Change("viewers' sessions ended", _two_sessions, _end_viewers_sessions, _alive(Role.OWNER)),
]
ALL = [*PASSWORDS_AND_TOKENS, *SESSIONS]
