"""Pictures decoded and encoded: what needs PyAV, which is optional and costs memory, so only users of it import it.

``budget`` needs no PyAV: it bounds what all pictures take. Imports ``errors`` and ``h264``.
"""
