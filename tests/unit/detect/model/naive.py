"""Operators by plain loops, written from the format's description, to compare with."""

import numpy as np


def conv(x, w, b, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1):
    top, left, bottom, right = pads
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    reach = [dilation * (side - 1) + 1 for dilation, side in zip(dilations, w.shape[2:], strict=True)]
    rows, columns = ((x.shape[2 + at] - reach[at]) // strides[at] + 1 for at in (0, 1))
    out = np.zeros((1, len(w), rows, columns))
    each = len(w) // group
    for channel in range(len(w)):
        first = channel // each * w.shape[1]
        for row in range(rows):
            for column in range(columns):
                y, z = row * strides[0], column * strides[1]
                seen = x[
                    0, first : first + w.shape[1], y : y + reach[0] : dilations[0], z : z + reach[1] : dilations[1]
                ]
                out[0, channel, row, column] = (seen * w[channel]).sum() + b[channel]
    return out


def pool(x, how, kernel, strides=(1, 1), pads=(0, 0, 0, 0), ceil_mode=0, count_include_pad=0):
    top, left, bottom, right = pads
    sizes = []
    for at, (before, after) in enumerate(((top, bottom), (left, right))):
        room = x.shape[2 + at] + before + after - kernel[at]
        count = -(-room // strides[at]) + 1 if ceil_mode else room // strides[at] + 1
        if ceil_mode and (count - 1) * strides[at] >= x.shape[2 + at] + before:
            count -= 1
        sizes.append(count)
    out = np.zeros((*x.shape[:2], *sizes))
    for row in range(sizes[0]):
        for column in range(sizes[1]):
            seen, padding = [], 0
            for y in range(row * strides[0] - top, row * strides[0] - top + kernel[0]):
                for z in range(column * strides[1] - left, column * strides[1] - left + kernel[1]):
                    if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]:
                        seen.append(x[:, :, y, z])
                    elif y < x.shape[2] + bottom and z < x.shape[3] + right:
                        padding += 1
            total = np.max(seen, 0) if how == "max" else np.sum(seen, 0)
            if how == "average":
                total = total / (len(seen) + (padding if count_include_pad else 0))
            out[:, :, row, column] = total
    return out


def place(size_before, size_after, rule, number):
    """Where a pixel lies among those before, by the formulas of Resize."""
    scale = size_after / size_before
    if rule == "asymmetric":
        return number / scale
    if rule == "half_pixel":
        return (number + 0.5) / scale - 0.5
    if rule == "pytorch_half_pixel":
        return (number + 0.5) / scale - 0.5 if size_after > 1 else 0.0
    return number * (size_before - 1) / (size_after - 1) if size_after > 1 else 0.0


def nearest(size_before, size_after, rule, rounding):
    """Which pixel each is."""
    found = []
    for number in range(size_after):
        at = place(size_before, size_after, rule, number)
        low = int(np.floor(at))
        part = at - low
        more = {"floor": 0, "ceil": part > 0, "round_prefer_floor": part > 0.5, "round_prefer_ceil": part >= 0.5}
        found.append(min(max(low + more[rounding], 0), size_before - 1))
    return found


def linear(x, size_after, rule):
    """Rows and columns of (1, channels, height, width) between two pixels each."""
    out = np.zeros((*x.shape[:2], *size_after))
    for row in range(size_after[0]):
        for column in range(size_after[1]):
            y, z = (place(x.shape[2 + at], size_after[at], rule, n) for at, n in ((0, row), (1, column)))
            y, z = min(max(y, 0), x.shape[2] - 1), min(max(z, 0), x.shape[3] - 1)
            top, left = int(y), int(z)
            below, right = min(top + 1, x.shape[2] - 1), min(left + 1, x.shape[3] - 1)
            above = x[..., top, left] * (1 - z + left) + x[..., top, right] * (z - left)
            under = x[..., below, left] * (1 - z + left) + x[..., below, right] * (z - left)
            out[..., row, column] = above * (1 - y + top) + under * (y - top)
    return out
