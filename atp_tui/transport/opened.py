"""An open link and what it can do, found out once: a check by type at each call would cost more than the way to it."""

from __future__ import annotations

from typing import NoReturn

from ..model.ending import confirm_end
from ..model.errors import CallTimeout, ConnectionLost, Unsupported
from ..model.host import HostInfo
from ..model.message import told
from ..model.say import Say
from ..model.settings import Channel
from .driver import CallsLibvirt, Link, MovesFiles, OpensShell, OpensStreams, ReachesTargets, RunsCommands

_REFUSALS: dict[tuple[Channel, type], Say] = {
    ("ssh", CallsLibvirt): Say.SSH_MAKES_NO_CALLS,
    ("ssh", RunsCommands): Say.SSH_RUNS_NO_COMMANDS,
    ("ssh", MovesFiles): Say.SSH_MOVES_NO_FILES,
    ("ssh", OpensShell): Say.SSH_OPENS_NO_SHELL,
    ("ssh", OpensStreams): Say.SSH_CARRIES_NO_STREAMS,
    ("ssh", ReachesTargets): Say.SSH_REACHES_NOTHING,
    ("virt", CallsLibvirt): Say.VIRT_MAKES_NO_CALLS,
    ("virt", RunsCommands): Say.VIRT_RUNS_NO_COMMANDS,
    ("virt", MovesFiles): Say.VIRT_MOVES_NO_FILES,
    ("virt", OpensShell): Say.VIRT_OPENS_NO_SHELL,
    ("virt", OpensStreams): Say.VIRT_CARRIES_NO_STREAMS,
    ("virt", ReachesTargets): Say.VIRT_REACHES_NOTHING,
}


class Opened:
    """A link by its capabilities: each is the link itself, or None where it is not of that kind."""

    __slots__ = ("calls_libvirt", "link", "moves_files", "opens_shell", "opens_streams", "reaches", "runs_commands")

    def __init__(self, link: Link) -> None:
        self.link = link
        self.calls_libvirt = link if isinstance(link, CallsLibvirt) else None
        self.runs_commands = link if isinstance(link, RunsCommands) else None
        self.moves_files = link if isinstance(link, MovesFiles) else None
        self.opens_shell = link if isinstance(link, OpensShell) else None
        self.opens_streams = link if isinstance(link, OpensStreams) else None
        self.reaches = link if isinstance(link, ReachesTargets) else None


class Carries:
    """What a HostConnection gives of its open link, for what rides on it."""

    host_info: HostInfo
    channel: Channel
    opened: Opened | None

    @property
    def streams(self) -> OpensStreams:
        """The open link, for a connection that rides on this one. Raises ConnectionLost, Unsupported."""
        return self._now.opens_streams or refuse(self.host_info.id, self.channel, OpensStreams)

    @property
    def reaches(self) -> ReachesTargets:
        """The open link, to connect to ports and sockets of the far side. Raises ConnectionLost, Unsupported."""
        return self._now.reaches or refuse(self.host_info.id, self.channel, ReachesTargets)

    @property
    def _now(self) -> Opened:
        if self.opened is None:
            raise ConnectionLost(told(Say.CONNECTION_DOWN, host=self.host_info.host), host=self.host_info.id)
        return self.opened


def refuse(host: str, channel: Channel, capability: type) -> NoReturn:
    """Raise the error for a `capability` that the host's connection on `channel` does not have."""
    error = Unsupported(told(_REFUSALS[channel, capability], host=host), host=host)
    error.channel = channel
    raise error


def too_late(host: HostInfo, limit: float) -> CallTimeout:
    """The error for a link that did not come within `limit` seconds: nothing was asked of the peer."""
    error = CallTimeout(told(Say.NO_CONNECTION_IN_TIME, host=host.host, limit=limit), host=host.id)
    confirm_end(error)
    return error
