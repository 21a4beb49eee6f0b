"""WebRTC by petcam-web itself (``webrtc.backend: python``): the way back where the Go streamer disappoints.

The stream's H.264 is passed through. ``packet_log`` keeps the latest group of pictures as RTP payloads,
``stream_thread`` fills it, ``peer`` is one viewer's connection, ``backend`` owns them all and a thread with an asyncio
loop. Only ``peer`` imports aiortc, which is optional.

Imports ``config``, ``errors`` and ``shm``; no other room of the web tier.
"""

from petcam.web.webrtc.backend import PythonWebRTC, quieten, require

__all__ = ["PythonWebRTC", "quieten", "require"]
