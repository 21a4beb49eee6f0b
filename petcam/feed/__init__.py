"""``petcam feed``: reads a camera, a file or the painted demo, and writes H.264 into the shared memory.

``feeder`` plays a source into the segment and starts it again when it fails; ``source``
says what every source is and what it yields. The rooms below import only those further down, and ``source``; others
import from a room's front only:

- ``probing/``: what a source is like, measured for some seconds.
- ``sources/``: one source a file, and the words that name them. A new source belongs here.
- ``hearing/``: microphones, and from any sound to the audio segment.
- ``demo/``: the painted room with its cat, and a stand-in for a detector.
- ``transcoding/``: containers, transcoding and encoding by PyAV.
- ``timing/``: when a file's frame is due, and when a live picture was captured.

Imports ``errors``, ``h264``, ``media`` and ``shm``; ``commands.feed`` wires it.
"""
