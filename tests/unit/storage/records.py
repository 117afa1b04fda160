"""Jobs and endings to keep, made by the dozen. Without hypothesis: programs that import this are to start soon."""

from __future__ import annotations

import hashlib

from atp_tui.executor.log import Ending
from atp_tui.executor.spec import CommandWork, JobSpec
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.target import TargetId, on_hosts


def job(job_id: str, asked_at: float = 1.0, line: str = "true", hosts: int = 1) -> JobSpec:
    """A command on h0, h1, …"""
    names = on_hosts(*[f"h{number}" for number in range(hosts)])
    return JobSpec(names, CommandWork(Command(line)), "me", asked_at, id=job_id)


def output(text: bytes) -> tuple[bytes, bytes, bytes]:
    """A text as the port takes it."""
    return hashlib.sha256(text + b"\0").digest(), text, b""


def ending(host: str, text: bytes = b"", outcome: Outcome = Outcome.OK, at: float = 2.0) -> Ending:
    """A host's end with that output."""
    return Ending(TargetId(host), outcome, 0, None, None, at, 0.5, output(text)[0], False)
