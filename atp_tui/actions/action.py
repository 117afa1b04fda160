"""What an action is, what it is given, and what it may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..executor.job import Job
from ..executor.runner import JobRunner
from ..model.host import HostInfo
from ..transport.manager import TransportManager

Trust = Callable[[HostInfo, str, bool], Awaitable[Path]]
"""Stores an SSH public key (`ssh-ed25519 AAAA…`) for a host; the flag: in place of the one on file. Gives the file."""


@dataclass(frozen=True, slots=True)
class Context:
    """What actions work with."""

    manager: TransportManager
    jobs: JobRunner
    trust: Trust


@dataclass(frozen=True, slots=True)
class Invocation:
    """An action that was asked for: on which hosts, and with what typed after its name."""

    action: str
    targets: tuple[str, ...] = ()
    argument: str = ""


Run = Callable[[Context, Invocation], Awaitable[Job | None]]
"""Carries an invocation out. Gives the job it has started, if it did; raises AtpError."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person may do to hosts. It feeds keys, `:` command line, palette and help; `key` None: no key."""

    name: str
    title: str
    key: str | None
    help: str
    needs_hosts: bool
    run: Run
