"""H.264 as a byte stream: start codes, access units, parameter sets, and whether a browser can play it live.

Imports ``petcam.errors`` only, and needs no PyAV.
"""
