"""A broker (MQTT) told what petcam-events knows, in the form in which Home Assistant finds it by itself, and three
switches that can be turned from there: docs/mqtt.md.

Imports ``access``, of which it uses the state files, ``errors``, ``telling`` for what a happening is, and ``words``.
paho-mqtt is optional: ``paho`` alone knows it.
"""

from petcam.home_assistant.broker import Broker
from petcam.home_assistant.device import Device
from petcam.home_assistant.home_assistant import HomeAssistant
from petcam.home_assistant.memory import Memory
from petcam.home_assistant.paho import REMEDY, is_installed
from petcam.home_assistant.snapshot import Snapshot
from petcam.home_assistant.switches import Commands

__all__ = ["REMEDY", "Broker", "Commands", "Device", "HomeAssistant", "Memory", "Snapshot", "is_installed"]
