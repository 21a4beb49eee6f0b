"""The detector of petcam's own: finds people and pets in what the camera shows (docs/detector.md)."""
