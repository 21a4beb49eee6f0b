"""``petcam compare``: measures both WebRTC backends side by side on the running camera, before one of them is chosen.

``commands.compare`` checks and wires; ``backend`` runs one backend and reads what it costs; ``measuring_client``, in a
process of its own, receives its video by aiortc and times it; ``verdict`` makes the table and the advice. The services
that are already running are not touched: the backends listen on free ports of this machine only and record nothing.
"""
