"""Push and pull: files sent to hosts, and fetched from them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..model.errors import ActionFailed
from ..model.host import HostInfo
from ..model.message import told
from ..model.moving import MoveRules
from ..model.say import Say
from . import waves as of_waves
from .action import Action, Argument, Context, Invocation, Subject
from .job_word import JobWord
from .job_words import ALL_WORDS

if TYPE_CHECKING:
    from ..executor.job import Job
    from ..executor.spec import Work

FILE_WORDS: tuple[JobWord, ...] = (
    JobWord("--preserve", "preserve", bool, "keep modes and times"),
    JobWord("--no-replace", "no_replace", bool, "leave a file that is there already, and say so"),
    JobWord("--resume", "resume", bool, "go on with what an earlier try has left, once its checksum is right"),
    JobWord("--verify", "verify", bool, "compare the SHA-256 of each file there and here"),
    JobWord("--sync", "sync", bool, "have each file on the disk before it takes its name"),
)
"""What both take beside the options of a job."""

FOLLOW = JobWord("--follow", "follow", bool, "send what symlinks in a folder lead to, and not the symlinks")

MOVE_WORDS = tuple(word for word in ALL_WORDS if word.name not in ("when_back", "sudo", "login", "tty"))
"""The options of a job that moves files: these may be others by the time a host is back, and go as the login's user."""

_RULES = frozenset({"preserve", "no_replace", "resume", "verify", "sync", "follow"})


async def _push(context: Context, invocation: Invocation) -> Job:
    from ..executor.files import PushWork, filled

    options = dict(invocation.arguments)
    given, far = words_of(str(options.pop("files"))), str(options.pop("path"))
    hosts = _hosts(context, invocation)
    for host in hosts:
        filled(far, host)
    if context.near is None:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why="no files are at hand here"))
    wanted = list(dict.fromkeys(filled(each, host) for each in given for host in hosts))
    found = dict(zip(wanted, await context.near.looked(wanted), strict=True))
    sources: list[str] = []
    for each in given:
        sources += [file.path for file in found[each]] if each in found else [each]
    if len(sources) > 1 and not far.endswith("/"):
        raise ActionFailed(told(Say.MOVE_NEEDS_FOLDER))
    files = tuple(dict.fromkeys(file for each in found.values() for file in each))
    return _started(context, invocation, PushWork(tuple(sources), files, far, _rules(options)), options)


async def _pull(context: Context, invocation: Invocation) -> Job:
    from ..executor.files import PullWork, filled, near_folder

    options = dict(invocation.arguments)
    far, near = str(options.pop("path")), str(options.pop("folder"))
    for host in _hosts(context, invocation):
        filled(far, host), near_folder(near, host)
    return _started(context, invocation, PullWork(far, near, _rules(options)), options)


def words_of(text: str) -> Sequence[str]:
    """The paths of a line, as a shell would split it. Raises ActionFailed for a quote without its end."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action="push", why=str(error))) from error


def _hosts(context: Context, invocation: Invocation) -> list[HostInfo]:
    wanted = set(invocation.hosts)
    return [host for host in context.manager.list_hosts() if host.id in wanted]


def _rules(options: dict[str, Any]) -> MoveRules:
    """The rules among the options, which are then no more among them."""
    given = {name: options.pop(name) for name in tuple(options) if name in _RULES}
    replace = not given.pop("no_replace", False)
    return MoveRules(replace=replace, **given)


def _started(context: Context, invocation: Invocation, work: Work, options: dict[str, Any]) -> Job:
    from ..executor.spec import JobOptions, JobSpec

    now = context.manager.clock.wall()
    try:
        waves = of_waves.waves_of(options)
        targets = invocation.targets if waves is None else of_waves.ordered(invocation.targets, waves, context.manager)
        spec = JobSpec(targets, work, invocation.who, now, JobOptions(**options, waves=waves))
    except ValueError as error:
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=str(error))) from error
    return context.jobs.start(spec)


_OF_JOBS = (
    *(word.argument for word in MOVE_WORDS),
    *(word.argument for word in FILE_WORDS),
    Argument("streamed", "whether all output goes to a single reader", kind=bool, required=False),
    Argument("kept", "bytes of each stream of a host that are kept", kind=int, required=False),
)

PUSH = Action(
    "push",
    "push files",
    None,
    "send files or folders from here: push FILE… /path/there",
    Subject.HOSTS,
    changes=True,
    run=_push,
    arguments=(
        Argument("files", "files of this machine, such as push app.conf /etc/app.conf"),
        Argument("path", "a path there, such as push app.conf /etc/app.conf"),
        FOLLOW.argument,
        *_OF_JOBS,
    ),
    prompts=True,
    starts_job=True,
)

PULL = Action(
    "pull",
    "pull files",
    None,
    "fetch files into a folder here, one a host: pull /path/there FOLDER",
    Subject.HOSTS,
    changes=False,
    run=_pull,
    arguments=(
        Argument("path", "a path there, such as pull /var/log/syslog logs"),
        Argument("folder", "a folder of this machine, such as pull /var/log/syslog logs"),
        *_OF_JOBS,
    ),
    prompts=True,
    starts_job=True,
)
