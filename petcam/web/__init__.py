"""petcam-web: the web service, in rooms by feature. ``app`` is the list of its rooms; ``petcam.commands.web`` wires it.

``http`` is below all others, then come ``login``, ``signaling``, and the features ``live``, ``pictures``,
``recordings`` and, above this, ``events``; ``webrtc`` depends on none of them. Other rooms import from
a room's ``__init__`` only.

Threads and their owners: ``http.WebServer`` (waitress's loop and workers), ``live.DetectionFeed`` (one reader),
``pictures.PictureFeed`` (one decoder, only while somebody watches), ``webrtc.PythonWebRTC`` (an asyncio loop and a
reader), ``events.PictureKeeper`` (makes pictures of visits), ``login.Keeper`` (ends and writes sessions).
``petcam.commands.web`` starts them and stops them in reverse
order.
"""

from petcam.web.app import Services, create_app, end_streams

__all__ = ["Services", "create_app", "end_streams"]
