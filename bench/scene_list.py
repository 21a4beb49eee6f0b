"""The scenes that the bench watches."""

from bench.pet_scenes import Scene

LIGHTS = ("day", "infrared")
HEIGHTS = (180, 100)  # pixels, of 720
SCENES_EACH = 8  # for each light and height
VISITS_EACH = 4
ROOMS = ("demo", "garage", "carpeted", "plant", "rugged", "tiled", "shelf")
GOPS = (1.0, 1.0, 4.0, 1.0, 10.0)  # seconds between keyframes
RATES = (15, 15, 15, 30)  # pictures a second
# "dog on a porch" is not among them: the model does not know it for a dog even when it is large and plain.
PETS = ("cat with a ball", "shepherd", "kitten", "husky", "Chelsea", "dingo", "brown dog")
LIERS = ("cat with a ball", "brown dog")  # who look asleep lying still
PERSONS = ("man in blue", "fireman walking", "fireman", "astronaut")
SLEEP_SECONDS = 180.0
EMPTY_SECONDS = 60.0
NIGHT_PICTURES = 3600  # of the run that is compressed: one a second, each a keyframe
EMPTY_CHANGES = (
    (),
    ("lamp",),
    ("clouds",),
    ("curtain",),
    ("fan",),
    ("television",),
    ("trembling",),
    ("clouds", "curtain", "television"),
)


def moving() -> list[Scene]:
    """Pets that come, go about and leave."""
    return [_moving(light, height, n) for light in LIGHTS for height in HEIGHTS for n in range(SCENES_EACH)]


def _moving(light: str, height: int, n: int) -> Scene:
    seed = 1000 * LIGHTS.index(light) + height + 10_000 * n
    names = tuple(PETS[(VISITS_EACH * n + k) % len(PETS)] for k in range(VISITS_EACH))
    room = ROOMS[(n + height // 100) % len(ROOMS)]
    how = {"gop": GOPS[n % len(GOPS)], "fps": RATES[n % len(RATES)], "seed": seed}
    return Scene(f"{light} {height} {n}", light, room, names, height, **how)  # type: ignore[arg-type]


def sleeping() -> list[Scene]:
    """Pets that come and then lie still."""
    return [
        Scene(
            f"asleep {light} {height} {name}",
            light,
            room,
            (name,),
            height,
            fps=5,
            seed=height + n,
            sleeps=SLEEP_SECONDS,
        )
        for light in LIGHTS
        for height in HEIGHTS
        for n, (name, room) in enumerate(zip(LIERS, ("demo", "carpeted"), strict=True))
    ]


def persons() -> list[Scene]:
    """Persons only: none of them is a cat or a dog. They are larger than pets."""
    return [Scene(f"persons {light}", light, "tiled", PERSONS, 420, seed=5) for light in LIGHTS]


def empty() -> list[Scene]:
    """Nobody at all, but something in the room changes."""
    return [
        _empty(light, changes, room) for light in LIGHTS for changes, room in zip(EMPTY_CHANGES, _rooms(), strict=False)
    ]


def _rooms() -> list[str]:
    """The demo's, which has to stay empty for a day, in each second place."""
    return [room for each in ROOMS[1:] for room in ("demo", each)]


def _empty(light: str, changes: tuple[str, ...], room: str) -> Scene:
    name = f"empty {light} {'+'.join(changes) or 'still'} {room}"
    return Scene(name, light, room, fps=10, seconds=EMPTY_SECONDS, changes=changes)


def night() -> list[Scene]:
    """Hours without anybody, of which only one picture a second is made, and each is a keyframe."""
    each = NIGHT_PICTURES // (len(ROOMS) * len(LIGHTS))
    return [
        Scene(f"night {light} {room}", light, room, fps=1, seconds=each, seed=n, changes=EMPTY_CHANGES[n % 8])
        for light in LIGHTS
        for n, room in enumerate(ROOMS)
    ]
