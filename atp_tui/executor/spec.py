"""A job as it was asked for: plain data that can be kept, sent and started anew."""

from __future__ import annotations

import secrets
from dataclasses import field
from typing import Protocol

from ..model.data_class import dataclass
from ..model.delivery import NOTHING_MORE, Delivery
from ..model.outcome import Command
from ..model.target import TargetId
from .away import WhenBack
from .waves import Waves


class Work(Protocol):
    """What is done on each target. An implementation is a frozen dataclass of plain data.

    `kind` names the implementation in logs and on disk; `executor.works` says how each kind is carried out.
    """

    @property
    def kind(self) -> str: ...

    @property
    def title(self) -> str:
        """The work in one line for a person, without secrets. Not yet safe for a terminal."""
        ...


def _as_user(line: str, delivery: Delivery) -> str:
    if not delivery.sudo:
        return line
    return f"sudo {line}" if delivery.sudo == "root" else f"sudo -u {delivery.sudo} {line}"


@dataclass(frozen=True, slots=True)
class CommandWork:
    """A command over SSH, and what goes along with it. Placeholders in both are filled in for each host."""

    command: Command
    delivery: Delivery = NOTHING_MORE

    @property
    def kind(self) -> str:
        return "command"

    @property
    def title(self) -> str:
        return _as_user(self.command.line, self.delivery)


@dataclass(frozen=True, slots=True)
class FollowWork:
    """A command over SSH whose output is followed: it runs until it is cancelled, or ends by itself."""

    command: Command
    delivery: Delivery = NOTHING_MORE

    @property
    def kind(self) -> str:
        return "follow"

    @property
    def title(self) -> str:
        return f"follow {_as_user(self.command.line, self.delivery)}"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The limits of one job.

    `timeout` is in seconds for each attempt on a target, waiting for its connection included; None: as long as it
    takes. `deadline` is in seconds for the whole job: what has not ended then is cancelled, what has not begun does not
    run. `fanout` is the number of targets that are worked on at a time, `per_host` that on one host, `per_jump` that
    behind one jump host, both over all jobs that have targets there. `retries` is how often a target is tried again
    where its connection failed before the work had begun; `retry_any`: also where it had. A refused login or host key
    is never tried again. A job of a higher `priority` starts first, among those of one program.
    `streamed`: all output goes to one reader, which holds the commands up, and no result has it.
    `kept` is in bytes of each stream of a target: so much of its beginning is kept, with the result and in the log of
    jobs. Of a streamed job the log alone has it.
    `spill`: of a stream that says more, all goes to a compressed file in the state directory.
    `waves`: the targets are worked on in waves, in the order in which they stand in the job; None: all in one.
    `follows`: the work goes on until it is cancelled. Where its connection fails it is begun anew, however often and
    whether it had begun or not; it takes no place of a host or a jump host from other jobs. `restart`: it is begun anew
    where it has ended by itself, too.

    Raises ValueError for a limit below 1, a negative time, size or number of retries.
    """

    timeout: float | None = None
    deadline: float | None = None
    fanout: int = 64
    per_host: int = 1
    per_jump: int = 8
    retries: int = 0
    retry_any: bool = False
    priority: int = 0
    streamed: bool = False
    kept: int = 1 << 20
    waves: Waves | None = None
    follows: bool = False
    restart: bool = False
    spill: bool = False

    def __post_init__(self) -> None:
        if min(self.fanout, self.per_host, self.per_jump) < 1:
            raise ValueError("a limit of a job is at least 1")
        if min(self.timeout or 0.0, self.deadline or 0.0, self.retries, self.kept) < 0:
            raise ValueError("a time, a size and a number of retries are not negative")


def new_job_id() -> str:
    """A random id of 16 hexadecimal digits: unique among all programs that write to the same place."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One job. `who` is the person who asked for it, `asked_at` the wall-clock moment in seconds since 1970.

    `when_back`: its command waits for hosts that are away.

    Raises ValueError for no targets, and for a target that stands there twice.
    """

    targets: tuple[TargetId, ...]
    work: Work
    who: str
    asked_at: float
    options: JobOptions = field(default_factory=JobOptions)
    id: str = field(default_factory=new_job_id)
    when_back: WhenBack | None = None

    def __post_init__(self) -> None:
        if not self.targets or len(set(self.targets)) != len(self.targets):
            raise ValueError("a job needs targets, each once")
