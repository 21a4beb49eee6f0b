"""The token of a message's link that mutes further ones: good for that alone, and for a day."""

import hashlib

from itsdangerous import BadSignature, TimestampSigner

from petcam.access import SecretKey

SALT = b"petcam-mute-v1"  # so that nothing else that is signed by session.key passes for it
VALUE = "mute"
MAX_AGE_SECONDS = 24 * 3600
MAX_LENGTH = 128  # characters; one has about 60


class MuteToken:
    """By ``session.key``. For any thread."""

    def __init__(self, key: SecretKey) -> None:
        self._signer = TimestampSigner(key.secret, salt=SALT, digest_method=hashlib.sha256)

    def make(self) -> str:
        return self._signer.sign(VALUE).decode()

    def accepts(self, token: str) -> bool:
        """Also false of one from the future: the board's clock has gone back since, or somebody's is another."""
        if len(token) > MAX_LENGTH:
            return False
        try:
            return self._signer.unsign(token, max_age=MAX_AGE_SECONDS) == VALUE.encode()
        except (BadSignature, UnicodeError):
            return False
