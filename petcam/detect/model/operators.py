"""The table of operators that numpy runs here."""

from collections.abc import Callable

from petcam.detect.model import convolution, elementwise, pooling, rearrange
from petcam.detect.model.kernel import Call, Kernel

KERNELS: dict[str, Callable[[Call], Kernel]] = {
    **convolution.KERNELS,
    **elementwise.KERNELS,
    **pooling.KERNELS,
    **rearrange.KERNELS,
}
