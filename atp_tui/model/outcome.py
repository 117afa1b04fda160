"""A command, and how it ended on each host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from .data_class import dataclass

if TYPE_CHECKING:
    import asyncio

from .message import Message
from .target import TargetId

T = TypeVar("T")

Stream = Literal["stdout", "stderr"]

OutputSink = Callable[[Stream, bytes], "asyncio.Future[None] | None"]
"""Called on the event loop with each piece of output, in the order it arrived. The bytes are remote and hostile.

A future asks the caller to hold the sender up until it is done, which a link does by its protocol's own flow control;
what is on the way already still comes. None: there is room for more.
"""


class Outcome(StrEnum):
    """How work on one target ended.

    FAILED: the command ran and its exit status was not 0. UNKNOWN: it had begun when the connection was lost, and may
    have come to its end. CANCELLED: it had begun, and is known to have been ended. UNCONFIRMED: its end was asked for,
    and is not known to have come. NOTRUN: it never began, since the job was cancelled, its deadline had passed or its
    waves were stopped.
    """

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    AUTH = "auth"
    CANCELLED = "cancelled"
    UNCONFIRMED = "unconfirmed"
    ERROR = "error"
    UNKNOWN = "unknown"
    NOTRUN = "notrun"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line for the remote login shell; `stdin` is written to it, then end of file follows.

    `source`, a descriptor of this process, is of a file that is written behind it, from the file's beginning. Its repr
    leaves both out, which may hold a password. `sudo` is the user that it runs as, by sudo; "" for that of the login.
    """

    line: str
    stdin: bytes = field(default=b"", repr=False)
    source: int | None = field(default=None, repr=False)
    sudo: str = ""


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a remote process ended: `status`, or None and the `signal` that killed it ("TERM", "KILL").

    `status` is 0 to 255, and up to 2^32 - 1 where the host has that many (Windows). `note` is what a person should know
    of it, if there is anything.
    """

    status: int | None
    signal: str | None = None
    note: Message | None = None


@dataclass(frozen=True, slots=True)
class TaskResult(Generic[T]):
    """What one host's task came to. Exactly one of `value` and `error` means something: `error` None is success.

    `duration` in seconds, from the moment the task was started on this host to its end, waiting for a connection
    included.
    """

    host_id: str
    value: T | None
    error: BaseException | None
    duration: float


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How work ended on one target: a host by its id, or the `domain` of that name on it.

    Output is remote bytes, cut after a limit (`truncated`); duration in seconds. `may_still_run`: it had begun, and
    that it has ended is not known; so it is with a time limit too whose cut was not confirmed.
    """

    host: str
    outcome: Outcome
    exit_status: int | None
    stdout: bytes
    stderr: bytes
    duration: float
    error: Message | None = None
    signal: str | None = None
    truncated: bool = False
    domain: str | None = None
    may_still_run: bool = False

    @property
    def target(self) -> TargetId:
        """The target it is the result of."""
        return TargetId(self.host, self.domain)
