"""Follow: a command over SSH whose output is shown as it comes, until it is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.outcome import Command
from ..model.say import Say
from .action import Action, Argument, Context, Invocation, Subject, Value
from .as_user import as_user

if TYPE_CHECKING:
    from ..executor.job import Job

MOST_HOSTS = 1000
"""Hosts that one job follows: each holds a connection and a session for as long as it lasts."""


def options_of(line: str) -> tuple[dict[str, Value], str]:
    """`--restart --sudo tail -F log` as ({"restart": True, "sudo": "root"}, "tail -F log"): all that stands before the
    command on the screen."""
    found: dict[str, Value] = {}
    line = line.strip()
    while (word := line.partition(" ")[0]).startswith(("--restart", "--sudo")):
        name, equals, user = word[2:].partition("=")
        if name == "sudo":
            found[name] = user if equals else "root"
        elif name == "restart" and not equals:
            found[name] = True
        else:
            break
        line = line[len(word) :].lstrip()
    return found, line


async def _follow(context: Context, invocation: Invocation) -> Job:
    from ..executor.carrying import check
    from ..executor.spec import FollowWork, JobOptions, JobSpec

    line, targets = invocation.text("command"), invocation.targets
    delivery = as_user(context, invocation, invocation.delivery, invocation.text("sudo"))
    known = {host.id: host for host in context.manager.list_hosts()}
    check(line, delivery, (known[host] for host in invocation.hosts if host in known))
    if len(targets) > MOST_HOSTS:
        why = f"{len(targets):,} hosts are too many: a job follows {MOST_HOSTS:,} at most"
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    restart = invocation.arguments.get("restart") is True
    # all of them at once: a host that waited for the end of another one would be followed never
    options = JobOptions(fanout=len(targets), streamed=True, kept=0, follows=True, restart=restart)
    work = FollowWork(Command(line), delivery)
    return context.jobs.start(JobSpec(targets, work, invocation.who, context.manager.clock.wall(), options))


FOLLOW = Action(
    "follow",
    "follow",
    None,
    "follow what a command goes on to say on these hosts: follow journalctl -f",
    Subject.HOSTS,
    changes=True,
    run=_follow,
    arguments=(
        Argument("command", "a command line, such as follow journalctl -f", rest=True),
        Argument("sudo", "the user that it runs as, by sudo", required=False),
        Argument("restart", "whether a command that has ended is begun anew", kind=bool, required=False),
    ),
    prompts=True,
    starts_job=True,
)
