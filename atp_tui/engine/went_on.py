"""News of a command that had waited for hosts that were away, as plain data."""

from __future__ import annotations

from ..actions.action import Invocation
from ..model.data_class import dataclass
from ..model.message import Message


@dataclass(frozen=True, slots=True)
class WentOn:
    """The command of job `number` has begun on hosts that were away, as `job`; or `problem` says why it has not.

    `title` and `started_at` are those of the new job, as of a JobTicket, and its targets those of `invocation`.
    """

    number: int
    invocation: Invocation
    job: str = ""
    title: str = ""
    started_at: float = 0.0
    problem: Message | None = None
