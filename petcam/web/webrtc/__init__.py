"""WebRTC by petcam-web itself (``webrtc.backend: python``), as an alternative to the Go streamer.

The stream's H.264 is passed through without transcoding. ``packet_log`` keeps the latest group of pictures as RTP
payloads, ``stream_thread`` fills it, ``peer`` is one viewer's connection, ``backend`` owns all of them and a thread
with an asyncio loop. Only ``peer`` imports aiortc, which is optional.

Imports ``config``, ``errors`` and ``shm``; no other room of the web tier.
"""

from petcam.web.webrtc.backend import PythonWebRTC, quieten_libraries, require_aiortc

__all__ = ["PythonWebRTC", "quieten_libraries", "require_aiortc"]
