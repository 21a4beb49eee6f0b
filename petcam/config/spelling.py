"""The known word that an unknown one was meant for. ``streamer/internal/config/spelling.go`` is the same in Go."""

from collections.abc import Iterable

LONG_WORD = 8  # characters, from which on two slips are forgiven


def nearest(word: str, known: Iterable[str]) -> str:
    """The first of the nearest; empty: none is near."""
    alike = [each for each in known if abs(len(word) - len(each)) <= _forgiven(each)]
    found = [(slips, each) for each in alike if (slips := _slips(_folded(word), each)) <= _forgiven(each)]
    return min(found, key=lambda pair: pair[0])[1] if found else ""


def _folded(word: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in word).replace("-", "_")


def _forgiven(word: str) -> int:
    return 2 if len(word) >= LONG_WORD else 1


def _slips(a: str, b: str) -> int:
    """How many letters must be put in, left out, changed or swapped with the next (the distance of optimal string
    alignment)."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]
