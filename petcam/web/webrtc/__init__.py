"""WebRTC by petcam-web itself (``webrtc.backend: python``): the way back where the Go streamer disappoints.

The stream's H.264 is passed through. ``log`` keeps the newest group of pictures as RTP payloads, ``reader`` fills it,
``viewer`` is one peer connection, ``server`` owns them all and a thread with an asyncio loop. Only ``viewer`` imports
aiortc, which is optional.
"""
