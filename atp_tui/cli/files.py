"""`atp-tui push` and `pull`: files sent to hosts, and fetched from them, as a job like that of `run`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from ..actions.action import Invocation, Value
from ..drivers.near.look import NearLook
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..executor.files import filled, near_folder
from ..executor.motion import size_told
from ..model.far_paths import shown, to_bytes
from ..model.host import HostInfo
from .arguments import Arguments
from .asked import NOT_ALL, read
from .files_arguments import MoveWords
from .interrupt import Interrupt
from .job_log import opened, user_log, warn
from .output import standard_output
from .ring import EndOfRun
from .run import STREAMED_KEPT, carried_out
from .showing.choice import showing_of


async def move(arguments: Arguments, source: FleetSource, interrupt: Interrupt) -> int:
    """Move the files and show how it ends on each host; the exit status, as of run.

    Raises ConfigError for the targets; ActionFailed for a file that is not here, and where the door lets nothing pass.
    """
    standard_output()
    words = arguments.moving
    assert words is not None, "both verbs have them"
    log = user_log(warn)
    end = EndOfRun(source.config, wanted=arguments.ring)
    async with opened(log):
        reading, gone = await read(arguments, source.config, log)
        hosts = [each for each in source.config.hosts if each.id in {*reading.ids, *reading.undecided}]
        notes = await _looked(arguments.verb, words, hosts)
        command = f"{arguments.verb} {' '.join(_told(each) for each in _in_order(arguments.verb, words))}"
        arguments = replace(arguments, command=command, notes=notes)
        invocation = Invocation(arguments.verb, (), _given(arguments, words), user_name())
        status = await carried_out(arguments, source, interrupt, reading, log, end=end, of=invocation)
    status = status or (NOT_ALL if gone else 0)
    await end.ring(status, interrupt)
    return status


def _in_order(verb: str, words: MoveWords) -> Sequence[str]:
    return (*words.files, words.far) if verb == "push" else (words.far, *words.files)


def _told(path: str) -> str:
    return shown(to_bytes(path))


def _given(arguments: Arguments, words: MoveWords) -> dict[str, Value]:
    given: dict[str, Value] = {"path": words.far, "fanout": arguments.fanout}
    given |= {"files": shlex.join(words.files)} if arguments.verb == "push" else {"folder": words.files[0]}
    if showing_of(arguments).streamed:
        given |= {"streamed": True, "kept": STREAMED_KEPT}
    if arguments.timeout is not None:
        given["timeout"] = arguments.timeout
    return given | dict(arguments.job_options)


async def _looked(verb: str, words: MoveWords, hosts: Sequence[HostInfo]) -> tuple[str, ...]:
    """What there is to be moved, in lines, looked at before any host is contacted. Raises ActionFailed."""
    for host in hosts:
        filled(words.far, host)
    if verb == "pull":
        return tuple(f"into {_told(near_folder(words.files[0], host))}" for host in hosts[:1])
    wanted = list(dict.fromkeys(filled(each, host) for each in words.files for host in hosts))
    found = {file for each in await NearLook().looked(wanted) for file in each}
    folders = sum(file.is_folder for file in found)
    files = len(found) - folders
    told = [f"{files} file{'s' * (files != 1)}, {size_told(sum(file.size for file in found))}"] if files else []
    told += [f"{folders} folder{'s' * (folders != 1)}"] if folders else []
    return (f"here: {' and '.join(told)}",)
