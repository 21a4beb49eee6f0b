"""``petcam compare``: both WebRTC backends side by side on the camera that runs, before one of them is chosen.

``commands.compare`` checks and wires, ``backend`` is one that runs and what it costs, ``measuring_client`` (a process of its own,
with aiortc) watches it, ``verdict`` makes the table and the advice. Nothing of the running services is touched: the
backends listen on free ports of this machine only, and nothing is recorded.
"""
