"""Run: a command over SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.outcome import Command
from .action import Action, Argument, Context, Invocation, Subject

if TYPE_CHECKING:
    from ..executor.job import Job


async def _run(context: Context, invocation: Invocation) -> Job:
    from ..executor.spec import CommandWork, JobOptions, JobSpec

    given = invocation.arguments
    timeout = given.get("timeout")
    options = JobOptions(
        timeout=None if timeout is None else float(timeout),
        fanout=int(given.get("fanout", 64)),
        streamed=bool(given.get("streamed", False)),
    )
    work = CommandWork(Command(str(given["command"])))
    now = context.manager.clock.wall()
    return context.jobs.start(JobSpec(invocation.targets, work, invocation.who, now, options))


RUN = Action(
    "run",
    "run",
    "!",
    "go to the command line; @tag as the first word picks other hosts",
    Subject.HOSTS,
    changes=True,
    run=_run,
    arguments=(
        Argument("command", "a command line, such as run uname -r", rest=True),
        Argument("timeout", "seconds for each host, connecting included", kind=float, required=False),
        Argument("fanout", "hosts at a time", kind=int, required=False),
        Argument("streamed", "whether all output goes to a single reader", kind=bool, required=False),
    ),
    prompts=True,
)
