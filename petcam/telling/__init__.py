"""Telling people what was noticed, calmly: docs/telling.md.

``rules`` are pure, ``outbox`` keeps what waits on the disk, each way has a thread of its own; ``teller`` joins them.
"""
