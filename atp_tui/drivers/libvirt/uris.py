"""What libvirt itself is given to open: our URI, without what we take care of."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

from ...model.host import ConnectionUri
from ...model.uri_parameters import KNOWN

TCP_PORT = 16509
TLS_PORT = 16514

_OURS = frozenset({"authfile", "readonly"})
_TRANSPORT = KNOWN - {"name"}
"""Parameters of libvirt's own transports: a bridge is none of these."""


def read_only(uri: ConnectionUri) -> bool:
    """Whether `?readonly=1` asks for a connection that can change nothing."""
    return uri.query.get("readonly", "0") not in ("", "0")


def tcp_uri(uri: ConnectionUri, address: str) -> str:
    """driver+tcp://address:port/path with a numeric address: libvirt must not resolve names, which can hang."""
    host = f"[{address.replace('%', '%25')}]" if ":" in address else address
    user = f"{quote(uri.user, safe='')}@" if uri.user else ""
    return f"{uri.driver}+tcp://{user}{host}:{uri.port or TCP_PORT}{uri.path}{_query(uri, _OURS)}"


def own_uri(uri: ConnectionUri) -> str:
    """A +unix or local URI, as it is."""
    scheme = f"{uri.driver}+{uri.transport}" if uri.transport else uri.driver
    return f"{scheme}://{uri.path}{_query(uri, _OURS)}"


def bridged_uri(uri: ConnectionUri, socket: Path) -> str:
    """driver+unix:///path?socket=…: a connection by way of our private socket."""
    return f"{uri.driver}+unix://{uri.path}{_query(uri, _OURS | _TRANSPORT, socket=str(socket))}"


def far_uri(uri: ConnectionUri) -> str:
    """The URI as it reads on the host itself: driver:///path."""
    return f"{uri.driver}://{uri.path}{_query(uri, _OURS | _TRANSPORT)}"


def _query(uri: ConnectionUri, without: frozenset[str], **more: str) -> str:
    kept = {key: value for key, value in uri.query.items() if key not in without} | more
    return "?" + urlencode(kept, safe="/", quote_via=quote) if kept else ""
