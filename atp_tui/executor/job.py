"""Jobs: one command on many hosts, streamed as it happens."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.outcome import CommandResult, Stream


@dataclass(frozen=True, slots=True)
class HostStarted:
    """The command begins on a host (its connection is being had; nothing has come back yet)."""

    host: str


@dataclass(frozen=True, slots=True)
class HostOutput:
    """A piece of output of one host, as remote bytes."""

    host: str
    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class HostEnded:
    """One host is done, however it ended. Exactly one of these comes for each host of a job."""

    result: CommandResult


JobEvent = HostStarted | HostOutput | HostEnded
