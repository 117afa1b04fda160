"""Run: a command over SSH."""

from __future__ import annotations

from ..executor.command import command_job
from ..executor.job import Job
from ..model.errors import ActionFailed
from ..model.outcome import Command
from .action import Action, Context, Invocation


async def _run(context: Context, invocation: Invocation) -> Job:
    if not invocation.argument.strip():
        raise ActionFailed("run needs a command line, such as run uname -r")
    now = context.manager.clock.wall()
    return context.jobs.start(command_job(invocation.targets, Command(invocation.argument), now))


RUN = Action("run", "Run", None, "run a command over SSH: run uname -r", True, _run)
