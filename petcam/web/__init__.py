"""petcam-web: the Flask app, a blueprint a file, and the threads behind it.

Threads and their owners: ``server.WebServer`` (waitress's loop and workers), ``detection_feed.DetectionFeed``
(one reader), ``picture_feed.PictureFeed`` (one decoder, only while somebody looks). ``command.run`` starts
them and stops them in reverse.
"""
