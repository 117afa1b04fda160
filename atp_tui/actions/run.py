"""Run: a command over SSH."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..model.delivery import NOTHING_MORE, Delivery
from ..model.errors import ActionFailed
from ..model.message import told
from ..model.outcome import Command
from ..model.say import Say
from . import waves as of_waves
from .action import Action, Argument, Context, Invocation, Subject
from .as_user import as_user
from .job_words import ALL_WORDS

if TYPE_CHECKING:
    from ..executor.away import WhenBack
    from ..executor.job import Job


async def _run(context: Context, invocation: Invocation) -> Job:
    from ..executor.carrying import check
    from ..executor.spec import CommandWork, JobOptions, JobSpec

    options: dict[str, Any] = dict(invocation.arguments)  # whose names and types the action has checked
    back = _when_back(context, invocation, options.pop("when_back", None))
    line = str(options.pop("command"))
    delivery = _delivery(invocation, login=options.pop("login", False), tty=options.pop("tty", False))
    delivery = as_user(context, invocation, delivery, str(options.pop("sudo", "")), waits=back is not None)
    known = {host.id: host for host in context.manager.list_hosts()}
    check(line, delivery, (known[host] for host in invocation.hosts if host in known))
    work = CommandWork(Command(line), delivery)
    now = context.manager.clock.wall()
    try:
        waves = of_waves.waves_of(options)
        targets = invocation.targets if waves is None else of_waves.ordered(invocation.targets, waves, context.manager)
        if waves is not None and waves.gate_run:
            check(waves.gate_run, NOTHING_MORE, (known[host] for host in invocation.hosts if host in known))
        if waves is not None and back is not None:
            raise ValueError("a wave that was left out is not to come by itself: leave out --when-back, or the waves")
        spec = JobSpec(targets, work, invocation.who, now, JobOptions(**options, waves=waves), when_back=back)
    except ValueError as error:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=str(error))) from error
    return context.jobs.start(spec)


def _delivery(invocation: Invocation, *, login: bool, tty: bool) -> Delivery:
    delivery = invocation.delivery
    if tty and (delivery.names or delivery.script or delivery.input_size is not None):
        why = "a terminal takes no environment, script or standard input from here: leave them out, or --tty"
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    if login and delivery.script:
        why = "a script names its own shell: #!/bin/bash -l reads a profile, in place of --login"
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    return replace(delivery, login=login or delivery.login, tty=tty or delivery.tty)


def _when_back(context: Context, invocation: Invocation, within: float | None) -> WhenBack | None:
    from ..executor.away import LONGEST, WhenBack

    if within is None:
        return None
    if not 0 < within <= LONGEST:
        why = f"when_back is more than 0 and at most {LONGEST:.0f} seconds"
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    delivery = invocation.delivery
    if delivery.names or delivery.script or delivery.input_size is not None:
        why = "a command that waits takes no environment, script or standard input: these are not kept"
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    if not context.fleet or not context.jobs.keeps:
        why = "a command waits in the log of jobs for hosts of hosts.toml, and there is none here"
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    return WhenBack(within, context.fleet, agreed=invocation.confirmed is not None)


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
        *(word.argument for word in ALL_WORDS),  # the options of a job, by their names in JobOptions
        Argument("streamed", "whether all output goes to a single reader", kind=bool, required=False),
        Argument("kept", "bytes of each stream of a host that are kept", kind=int, required=False),
    ),
    prompts=True,
    starts_job=True,
)
