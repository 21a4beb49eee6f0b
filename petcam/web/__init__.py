"""petcam-web: what people use, in rooms by feature. ``command`` wires it, ``app`` is the list of its rooms.

``http`` stands below all, then ``login``, ``signaling``, and the features ``live``, ``pictures`` and ``recordings``;
``webrtc`` stands by itself. Each room's front is its ``__init__``, the only one of its modules that others import.

Threads and their owners: ``http.WebServer`` (waitress's loop and workers), ``live.DetectionFeed`` (one reader),
``pictures.PictureFeed`` (one decoder, only while somebody looks), ``webrtc.PythonWebRTC`` (a loop and a reader).
``command.run`` starts them and stops them in reverse.
"""
