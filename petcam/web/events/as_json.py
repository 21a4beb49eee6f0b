"""Events in the form that docs/http-api.md gives. Times are Unix time, seconds with three decimals."""

from collections.abc import Iterable

from petcam.events.read import Seen
from petcam.web.events.videos import Video


def as_json(event: Seen, video: Video) -> dict[str, object]:
    best = event.best
    return {
        "id": event.id,
        "kind": event.kind,
        "class": event.class_name,
        "begin": moment(event.begin),
        "end": moment(event.end),
        "sure": event.trust,
        "open": event.is_open,
        "most": event.most,
        "top_score": event.top_score,
        "still": event.is_still,
        "asleep": spans(event.asleep),
        "best": best and {"time": moment(best[0]), "score": round(best[2], 3), "box": [round(x, 4) for x in best[3:]]},
        "recordings": [{"name": name, "offset": moment(offset)} for name, offset in video.recordings],
        "video": video.state,
        "detail": event.detail,
    }


def moment(seconds: float) -> float:
    return round(seconds, 3)


def spans(found: Iterable[tuple[float, float]]) -> list[list[float]]:
    return [[moment(begin), moment(end)] for begin, end in found]
