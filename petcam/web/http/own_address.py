"""The address by which another device opens the page."""

from flask import request

from petcam.config import Web
from petcam.system.network import is_loopback, lan_address
from petcam.web.http.hosts import host_name


def address_for_others(web: Web) -> str:
    """The one by which the visitor came, or that of the LAN where that leads nobody else here. Empty: nobody can."""
    host = host_name(request.host).rstrip(".")
    if not (is_loopback(host) or host.endswith(".localhost")):
        return f"{request.scheme}://{request.host}{request.script_root}/"
    return lan_url(web)


def lan_url(web: Web) -> str:
    """With a slash at its end; empty where only this machine has the page."""
    address = lan_address() if web.host in ("0.0.0.0", "::") else web.host
    shown = f"[{address}]" if ":" in address else address
    return "" if is_loopback(address) else f"http://{shown}:{web.port}/"
