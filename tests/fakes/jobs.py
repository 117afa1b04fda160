"""Jobs for tests, in the words of a command and its hosts."""

from __future__ import annotations

from collections.abc import Iterable

from atp_tui.executor.spec import CommandWork, JobOptions, JobSpec
from atp_tui.model.outcome import Command
from atp_tui.model.target import on_hosts


def command_job(hosts: Iterable[str], command: Command, now: float, options: JobOptions | None = None) -> JobSpec:
    """The job of a command on hosts, asked for at wall-clock moment `now`."""
    return JobSpec(on_hosts(*hosts), CommandWork(command), "tester", now, options or JobOptions())
