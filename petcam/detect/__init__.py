"""A detector of petcam's own: the stream's pictures looked at by a small network, within a share of one core.

``watcher`` is the core, which knows no clock and no shared memory; ``service`` joins it to both.
"""
