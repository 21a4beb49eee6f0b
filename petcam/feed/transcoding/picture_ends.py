"""By which piece of RTP's a camera's pictures end, learned from how they did.

RTP marks the last packet of a picture, but FFmpeg does not say so; without that a picture is known to be whole when the
next one begins. Cameras cut each NAL unit into pieces of one size and a shorter last one, and their pictures have as
many slices as the one before. Where that has held for some pictures, the next need not wait for the one after them.
"""

from petcam.h264 import annexb

FIRST_NEEDED = 15  # pictures in a row that ended where they were expected to
MORE_NEEDED = 4  # times as many, after a picture that was taken for whole and was not


class PictureEnds:
    """Ask :meth:`is_at` for each piece; tell :meth:`ended` where the next picture has begun before it said yes."""

    def __init__(self, syntax: annexb.Syntax) -> None:
        self._syntax = syntax
        self._needed, self._right = FIRST_NEEDED, 0
        self._largest = {True: 0, False: 0}  # bytes of a piece, by whether it begins a NAL unit
        self._usual: dict[int, int] = {}  # slices of a picture, by the type of its first
        self._begin()

    def _begin(self) -> None:
        self._kind: int | None = None  # of the picture's first slice
        self._slices = self._pieces = self._expected = 0  # pieces: those of slices
        self._in_slice = False

    def is_at(self, piece: bytes) -> bool:
        """Whether a picture ends with this piece, as far as that has been learned."""
        begins = piece.startswith(annexb.START_CODE)
        if begins:
            self._note_slices(piece)
        is_short = len(piece) < self._largest[begins]
        self._largest[begins] = max(self._largest[begins], len(piece))
        if not self._in_slice or self._kind is None:
            return False
        self._pieces += 1
        if is_short and not self._expected and self._slices == self._usual.get(self._kind):
            self._expected = self._pieces
            if self._right >= self._needed:
                self._begin()
                return True
        return False

    def _note_slices(self, piece: bytes) -> None:
        kinds = [self._syntax.kind(nal[0]) for nal in annexb.nal_units(piece)]
        slices = [kind for kind in kinds if kind in self._syntax.slices]
        self._in_slice = bool(kinds) and kinds[-1] in self._syntax.slices
        self._slices += len(slices)
        if slices and self._kind is None:
            self._kind = slices[0]

    def ended(self) -> None:
        """The picture has ended with the last piece of a slice that was asked for."""
        if self._kind is not None:
            if self._expected:
                self._right = self._right + 1 if self._expected == self._pieces else 0
            self._usual[self._kind] = self._slices
        self._begin()

    def was_wrong(self) -> None:
        """A picture that was said to have ended goes on."""
        self._right, self._needed = 0, self._needed * MORE_NEEDED
