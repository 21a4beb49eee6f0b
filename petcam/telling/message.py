"""What people read: the words of one message, in one language, and what belongs to it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from petcam.telling.happening import Happening
from petcam.words import Words


class Moment(Protocol):
    """Of petcam-web: how a phone gets at what happened."""

    @property
    def page(self) -> str: ...  # a URL
    @property
    def mute(self) -> str: ...  # the URL at which one may mute
    @property
    def picture(self) -> bytes | None: ...  # a JPEG


class Message(NamedTuple):
    tag: str  # the same for all that is said of one event
    kind: str  # visit, sound, trouble, several, test
    state: str  # begin, end
    title: str
    text: str
    link: str = ""
    mute: str = ""
    mute_label: str = ""
    picture: bytes | None = None
    about: tuple[Happening, ...] = ()  # several of them where kind is several


class Writer:
    """Safe in any thread."""

    def __init__(self, words: Words, language: Callable[[], str], camera: str) -> None:
        """``camera`` is what the family calls it; empty: it has no name."""
        self._words, self._language, self._camera = words, language, camera

    def of(self, happening: Happening, moment: Moment | None) -> Message:
        is_over = happening.end is not None
        title = self._title(happening, "was" if is_over else "came")
        parts = [self._span(happening.begin, happening.end), *happening.places]
        if happening.most > 1:
            parts.append(self._several(happening.name, happening.most))
        if happening.detail:
            parts.append(happening.detail)
        state = "end" if is_over else "begin"
        return self._message(f"petcam-{happening.id}", happening.kind, state, title, parts, moment, (happening,))

    def several(self, happenings: Sequence[Happening], moment: Moment | None) -> Message:
        """What could not be told when it was. They are in the order of time."""
        visits = Counter(each.name for each in happenings if each.kind == "visit")
        is_all = sum(visits.values()) == len(happenings)
        title = self._say("telling.visits" if is_all else "telling.messages", n=len(happenings))
        counts = [self._say("telling.count", what=self._called(name), n=n) for name, n in visits.most_common()]
        for kind, key in (("sound", "telling.kind.sound"), ("trouble", "telling.kind.trouble")):
            if n := sum(each.kind == kind for each in happenings):
                counts.append(self._say("telling.count", what=self._say(key), n=n))
        last = max(each.end or each.begin for each in happenings)
        parts = [self._say("telling.and").join(counts), self._span(happenings[0].begin, last)]
        tag = f"petcam-{happenings[-1].id}"
        return self._message(tag, "several", "begin", title, parts, moment, tuple(happenings))

    def trial(self, moment: Moment | None) -> Message:
        parts = [self._say("telling.test.text"), _clock(time.time())]
        return self._message("petcam-test", "test", "begin", self._say("telling.test"), parts, moment, ())

    def _message(
        self,
        tag: str,
        kind: str,
        state: str,
        title: str,
        parts: list[str],
        moment: Moment | None,
        about: tuple[Happening, ...],
    ) -> Message:
        text = " · ".join(filter(None, (self._camera, *parts)))
        if moment is None:
            return Message(tag, kind, state, title, text, about=about)
        label = self._say("telling.mute")
        return Message(tag, kind, state, title, text, moment.page, moment.mute, label, moment.picture, about)

    def _title(self, happening: Happening, how: str) -> str:
        """By the words for what it is, where there are some; else by those for all of its kind."""
        own, common = f"telling.{how}.{happening.name}", f"telling.{how}.{happening.kind}"
        if happening.kind != "visit":
            own = f"telling.{how}.{happening.kind}.{happening.name}"
        return self._say(own if self._words.has(own) else common, name=self._called(happening.name))

    def _several(self, name: str, n: int) -> str:
        return self._say("telling.most", what=self._called(name), n=n)

    def _called(self, name: str) -> str:
        key = f"classes.{name}"
        return self._say(key) if self._words.has(key) else name

    def _span(self, begin: float, end: float | None) -> str:
        first = _clock(begin)
        last = first if end is None else _clock(end)
        return first if last == first else self._say("telling.span", begin=first, end=last)

    def _say(self, key: str, **values: object) -> str:
        return self._words.text(self._language(), key, **values)


def _clock(moment: float) -> str:
    return time.strftime("%H:%M", time.localtime(moment))
