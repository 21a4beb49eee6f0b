"""petcam: a pet camera for small Linux boards."""

__version__ = "0.2.0"
