"""From a picture's media time to CLOCK_MONOTONIC, for files and for live streams. Imports nothing of petcam."""
