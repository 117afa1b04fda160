"""An open link and what it can do, found out once: a check by type at each call would cost more than the way to it."""

from __future__ import annotations

from ..model.errors import Unsupported
from ..model.settings import Channel
from .driver import CallsLibvirt, Link, OpensStreams, RunsCommands

_WORDS: dict[type, str] = {
    CallsLibvirt: "make libvirt calls",
    RunsCommands: "run commands",
    OpensStreams: "carry streams",
}
_OTHER: dict[Channel, str] = {"virt": "SSH", "ssh": "hypervisor"}


class Opened:
    """A link by its capabilities: each is the link itself, or None where it is not of that kind."""

    __slots__ = ("calls_libvirt", "link", "opens_streams", "runs_commands")

    def __init__(self, link: Link) -> None:
        self.link = link
        self.calls_libvirt = link if isinstance(link, CallsLibvirt) else None
        self.runs_commands = link if isinstance(link, RunsCommands) else None
        self.opens_streams = link if isinstance(link, OpensStreams) else None


def unsupported(host: str, channel: Channel, capability: type) -> Unsupported:
    """The error for a `capability` that the host's connection on `channel` does not have."""
    kind = "SSH" if channel == "ssh" else "hypervisor"
    words = f"{host}: its {kind} connection cannot {_WORDS[capability]}; its {_OTHER[channel]} connection may"
    error = Unsupported(words, host=host)
    error.channel = channel
    return error
