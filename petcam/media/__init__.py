"""Pictures decoded and encoded: what needs PyAV, which is optional and costs memory, so only users of it import it.

Imports ``errors`` only.
"""
