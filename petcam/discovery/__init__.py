"""Cameras and microphones that can be found: at this machine, and in its networks by ONVIF and mDNS.

Nothing is asked outside of the networks that this machine is in, and nobody is asked for anything that needs a
password. What comes from the network is bounded in bytes and in number, and shown without control characters. Imports
``system``. Others import from here only.
"""

from petcam.discovery.found import Found
from petcam.discovery.local import microphones, rpicam_cameras, video_devices
from petcam.discovery.network import MAX_SECONDS, network_cameras
from petcam.discovery.networks import Network, connected_networks

__all__ = [
    "MAX_SECONDS",
    "Found",
    "Network",
    "connected_networks",
    "microphones",
    "network_cameras",
    "rpicam_cameras",
    "video_devices",
]
