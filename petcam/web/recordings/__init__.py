"""Recordings: starting and stopping them, keeping and looking back at the past, and the files on disk: list, play,
thumbnail, pin, delete.

Imports ``errors``, ``h264``, ``media``, ``streamer_client`` and ``web.http``.
"""

from flask import Flask

from petcam.streamer_client import StreamerClient
from petcam.web.http import Downloads, OpenStreams
from petcam.web.recordings.control import RecordingControl
from petcam.web.recordings.directory import RecordingDirectory
from petcam.web.recordings.disk import require_disk
from petcam.web.recordings.keyframe_run import KeyframeRun, begin_walk, find_run, run_of
from petcam.web.recordings.library import RecordingLibrary
from petcam.web.recordings.past import PastVideo
from petcam.web.recordings.thumbnails import Thumbnails

__all__ = [
    "KeyframeRun",
    "RecordingDirectory",
    "Thumbnails",
    "begin_walk",
    "find_run",
    "register",
    "require_disk",
    "run_of",
]


def register(
    app: Flask,
    directory: RecordingDirectory,
    thumbnails: Thumbnails,
    streamer: StreamerClient,
    streams: OpenStreams,
    downloads: Downloads,
) -> None:
    RecordingControl(streamer).register(app)
    PastVideo(streamer, streams).register(app)
    RecordingLibrary(directory, thumbnails, streamer, downloads).register(app)
