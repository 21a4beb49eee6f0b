"""What PyAV (FFmpeg) does for the sources: opens containers, network and video devices, transcodes, encodes.

Imports ``petcam.errors``, ``petcam.media`` and ``feed.h264``.
"""
