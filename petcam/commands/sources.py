"""``petcam sources``: cameras and microphones that can be found, each with the line to write."""

import argparse
import sys
from collections.abc import Sequence

from petcam import config as configuration
from petcam.config import Config
from petcam.discovery import (
    MAX_SECONDS,
    Found,
    connected_networks,
    microphones,
    network_cameras,
    rpicam_cameras,
    video_devices,
)

ANY = "rtsp://USER:PASSWORD@HOST/PATH"
NO_NETWORK = "this machine is in no network that carries multicast; look at its cable or Wi-Fi"
NO_ANSWER = (
    "nobody answered by ONVIF or mDNS. Switch ONVIF on in the camera's settings; a firewall of this machine may drop "
    f"the answers; cameras behind a router are not asked. One that is known can be written as it is: source: {ANY}"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    """Always 0: that nothing is there is an answer, too."""
    sys.stdout.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    show("Video devices", *video_devices())
    show("Raspberry Pi cameras", *rpicam_cameras())
    networks = connected_networks()
    where = ", ".join(f"{network.interface} {network.addresses}" for network in networks)
    if networks:
        print(f"asking {where}, for up to {MAX_SECONDS:g} s ...", file=sys.stderr)
    cameras = network_cameras(networks) if networks else []
    show("Network cameras", cameras, "" if cameras else NO_ANSWER if networks else NO_NETWORK)
    found, why_no_more = microphones()
    show("Microphones", found, why_no_more or "or microphone: source, for the own sound of a network camera")
    print(
        f"The lines of one camera and one microphone go below camera: in {args.config or configuration.DEFAULT_PATH};"
    )
    print("petcam feed SOURCE --probe says what is wrong with it.")
    return 0


def show(heading: str, found: Sequence[Found], why_no_more: str) -> None:
    print(heading)
    for each in found:
        print(f"  {each.name}")
        for detail in each.details:
            print(f"    {detail}")
        if each.source:
            print(f"    {each.key}: {each.source}")
    if why_no_more:
        print(f"  {'' if found else 'none: '}{why_no_more}")
    print()
