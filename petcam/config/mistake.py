"""What the services only warn of, because they can start with it, and ``petcam check-config`` refuses."""


class Mistake(str):
    """A warning of what cannot work, or is not what was meant; one line."""

    __slots__ = ()
