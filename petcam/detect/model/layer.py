"""A convolution as a thing to be run: its window, weights, offsets and the activation behind it."""

from collections.abc import Callable
from dataclasses import dataclass

from petcam.detect.model.graph import Array, Floats, Shape

Activation = Callable[[Array, Array], None]  # of the first into the second, which may be the same


STEPS = 4  # of a depthwise convolution that blocks run


@dataclass(frozen=True)
class Window:
    """Heights and widths in pixels. ``rows`` and ``columns`` are how many places it takes in a picture."""

    kernel: tuple[int, int]
    steps: tuple[int, int]
    dilations: tuple[int, int]
    top: int
    left: int
    bottom: int
    right: int
    rows: int
    columns: int

    @property
    def simple(self) -> bool:
        """Each place is one pixel."""
        return self.kernel == self.steps == (1, 1) and not (self.top or self.left or self.bottom or self.right)


@dataclass(frozen=True)
class Layer:
    """``weights`` are (channels, channels before / groups, height, width), ``offsets`` one for each channel.

    ``before`` and ``after`` are the shapes of what it takes and makes: (channels, height, width).
    """

    weights: Floats
    offsets: Floats
    groups: int
    window: Window
    before: Shape
    after: Shape
    activation: Activation | None = None

    @property
    def depthwise(self) -> bool:
        """Each channel by itself, in steps that blocks run."""
        window = self.window
        alone = self.groups == self.before[0] == self.after[0] > 1
        return alone and window.dilations == (1, 1) and max(window.steps) <= STEPS

    @property
    def pointwise(self) -> bool:
        """Each pixel by itself."""
        return self.groups == 1 and self.window.simple


def one_pixel(rows: int, columns: int) -> Window:
    return Window((1, 1), (1, 1), (1, 1), 0, 0, 0, 0, rows, columns)
