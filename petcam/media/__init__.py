"""Pictures decoded and encoded: what needs PyAV, which is optional and costs memory, so only users of it import it.

Two need no PyAV: ``budget`` bounds what all pictures take, ``boxes`` reads those of MP4 files. Imports ``errors`` and
``h264``.
"""
