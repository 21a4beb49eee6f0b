"""Cameras in the networks that this machine is in: who answers, and the line to write for each."""

import re
from dataclasses import dataclass

from petcam.discovery import mdns, onvif
from petcam.discovery.found import Found, shown
from petcam.discovery.multicast import Answer, ask
from petcam.discovery.networks import Network

SECONDS = 3.0  # that answers are waited for
FURTHER_SECONDS = 1.0  # for what the first answers left out
MAX_SECONDS = SECONDS + FURTHER_SECONDS
RTSP_PORT = 554
LOGIN = "USER:PASSWORD"  # for the owner to fill in: nothing is guessed
PATH = "/PATH"
SAFE_PATH = re.compile(r"/[A-Za-z0-9._~+,;=:/?&%-]{0,200}(?<!:)")  # also at the end of a line of YAML
# Where cameras that name their maker have their H.264, as far as is known; the smaller stream where there are two.
USUAL_PATHS = {
    "hikvision": "/Streaming/Channels/102",
    "dahua": "/cam/realmonitor?channel=1&subtype=1",
    "amcrest": "/cam/realmonitor?channel=1&subtype=1",
    "reolink": "/h264Preview_01_sub",
    "tapo": "/stream2",
    "axis": "/axis-media/media.amp",
}


@dataclass
class _Camera:
    name: str = ""
    port: int = RTSP_PORT
    path: str = ""
    by: str = ""


def network_cameras(networks: list[Network], seconds: float = SECONDS) -> list[Found]:
    """One for each address that answered."""
    questions = [onvif.question(), mdns.question(mdns.SERVICES)]
    answers = ask(questions, networks, seconds)
    cameras: dict[str, _Camera] = {}
    for answer in answers:
        if answer.question is questions[0]:
            _take_onvif(cameras, answer)
    known = [answer for answer in answers if answer.question is questions[1]]
    _take_mdns(cameras, known, networks, min(seconds, FURTHER_SECONDS))
    return [_found(address, cameras[address]) for address in sorted(cameras, key=_in_order)]


def _take_onvif(cameras: dict[str, _Camera], answer: Answer) -> None:
    """By the address that answered: those in the answer may be of another network, or made up."""
    name = onvif.camera_name(answer.data)
    if name is not None:
        camera = cameras.setdefault(answer.address, _Camera())
        camera.name, camera.by = shown(name), "ONVIF"


def _take_mdns(cameras: dict[str, _Camera], answers: list[Answer], networks: list[Network], seconds: float) -> None:
    """Each device speaks for itself: what it says is taken for its own address."""
    knowledge: dict[str, mdns.Knowledge] = {}
    for answer in answers:
        knowledge.setdefault(answer.address, mdns.Knowledge()).take(answer.data)
    unknown = list(dict.fromkeys(each for known in knowledge.values() for each in known.unknown()))[: mdns.MAX_RECORDS]
    if unknown:
        for answer in ask([mdns.question(unknown)], networks, seconds):
            if answer.address in knowledge:
                knowledge[answer.address].take(answer.data)
    for address, known in knowledge.items():
        for found in known.cameras():
            camera = cameras.setdefault(address, _Camera())
            camera.name = camera.name or shown(found.name)
            camera.by = "ONVIF and mDNS" if camera.by.startswith("ONVIF") else "mDNS"
            if found.service == mdns.RTSP:
                camera.port = found.port or RTSP_PORT
                camera.path = found.path if SAFE_PATH.fullmatch(found.path) else ""


def _found(address: str, camera: _Camera) -> Found:
    usual = next((path for maker, path in USUAL_PATHS.items() if maker in camera.name.lower()), "")
    path = camera.path or usual or PATH
    port = "" if camera.port == RTSP_PORT else f":{camera.port}"
    details = [f"found by {camera.by}; fill in user and password as set in the camera"]
    if path == PATH:
        details.append("its path is in its manual or in its app, under RTSP")
    elif path == usual:
        details.append("the path is that which cameras of this maker usually have")
    return Found(f"{camera.name or 'camera'} ({address})", f"rtsp://{LOGIN}@{address}{port}{path}", tuple(details))


def _in_order(address: str) -> tuple[int, ...]:
    return tuple(map(int, address.split(".")))
