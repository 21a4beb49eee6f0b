"""Where a window of a convolution or a pool lies: its size, steps and padding, and how large what it makes is."""

from petcam.detect.model.kernel import Call
from petcam.detect.model.layer import Window

SIDE = 64  # of a window
STEPS = 64


def window_of(call: Call, height: int, width: int, kernel: list[int]) -> Window:
    """An operator's window for a picture of ``height`` x ``width``. Raises ``BAD_MODEL`` where it does not fit."""
    steps, dilations = call.integers("strides", (1, 1)), call.integers("dilations", (1, 1))
    if not len(kernel) == len(steps) == len(dilations) == 2:
        raise call.refusal("has not two dimensions; only pictures are looked at")
    if not all(0 < side <= SIDE for side in kernel) or not all(0 < step <= STEPS for step in steps + dilations):
        raise call.refusal(f"has a window of {kernel}, steps of {steps} or {dilations}")
    reach = [dilation * (side - 1) + 1 for side, dilation in zip(kernel, dilations, strict=True)]
    pads = _pads(call, (height, width), reach, steps)
    if len(pads) != 4 or not all(0 <= pad <= SIDE for pad in pads):
        raise call.refusal(f"has pads of {pads}")
    top, left, bottom, right = pads
    spare = height + top + bottom - reach[0], width + left + right - reach[1]
    if min(spare) < 0:
        raise call.refusal(f"has a window larger than its picture of {width}x{height}")
    if call.integer("ceil_mode", 0):  # the last place may lie over the edge, but must begin in the picture
        bottom, right = (
            max(end, -(-room // step) * step - room + end) if (-(-room // step)) * step < size + begin else end
            for end, room, step, size, begin in zip(
                (bottom, right), spare, steps, (height, width), (top, left), strict=True
            )
        )
        spare = height + top + bottom - reach[0], width + left + right - reach[1]
    rows, columns = (room // step + 1 for room, step in zip(spare, steps, strict=True))
    kernel_sides, step_sides, dilation_sides = ((pair[0], pair[1]) for pair in (kernel, steps, dilations))
    return Window(kernel_sides, step_sides, dilation_sides, top, left, bottom, right, rows, columns)


def _pads(call: Call, sizes: tuple[int, int], reach: list[int], steps: list[int]) -> list[int]:
    automatic = call.word("auto_pad", "NOTSET")
    if automatic not in ("SAME_UPPER", "SAME_LOWER"):
        return call.integers("pads", (0, 0, 0, 0)) if automatic == "NOTSET" else [0, 0, 0, 0]
    both = [
        max((-(-size // step) - 1) * step + far - size, 0) for size, step, far in zip(sizes, steps, reach, strict=True)
    ]
    less, more = [pad // 2 for pad in both], [pad - pad // 2 for pad in both]
    return less + more if automatic == "SAME_UPPER" else more + less
