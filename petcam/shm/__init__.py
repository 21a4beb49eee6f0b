"""The shared memory between the daemons and petcam: its contract in Python.

docs/shm-layout.md is the specification; its numbered steps are named in the code. Daemons write, and others read, by
``stream`` (access units), ``detections`` (boxes) and ``audio`` (Opus packets).

- ``layout``, ``header``: the bytes. ``mapping``, ``segment``, ``futex``: files, views into them, sleeping and waking.
- ``base_reader`` → ``record_reader``, ``writer``: the loop of every reader; the contract's steps of reading, writing.
  ``data_area``: where a record's data lie, of whatever size.
- ``reading``: attempts again and again, for a thread that reads as long as it lives.
- ``rtp``: the RTP timestamp of a frame. ``nal``, ``opus``: as much of H.264, of Opus as the contract
  speaks of.
- ``rdk_x5/``: the older layouts, beside the contract.

Imports ``petcam.errors`` only. ``petcam.segments`` chooses the layout.
"""
