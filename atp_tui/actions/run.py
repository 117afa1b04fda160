"""Run: a command over SSH."""

from __future__ import annotations

from ..executor.job import Job
from ..model.errors import ActionFailed
from ..model.outcome import Command
from .action import Action, Context, Invocation


async def _run(context: Context, invocation: Invocation) -> Job:
    if not invocation.argument.strip():
        raise ActionFailed("run needs a command line, such as run uname -r")
    return context.jobs.start(invocation.targets, Command(invocation.argument))


RUN = Action("run", "Run", None, "run a command over SSH: run uname -r", True, _run)
