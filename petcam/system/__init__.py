"""The machine: child processes, signals, addresses and ports, systemd's watchdog, where petcam-streamer is.

Imports nothing of petcam.
"""
