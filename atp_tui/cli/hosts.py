"""`atp-tui hosts …`: what hosts.toml says, and edits of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..actions.action import Invocation
from ..actions.hosts import edits_of
from ..actions.policy import Policy
from ..config.fleet import FleetConfig
from ..config.hosts_file import Written
from ..config.load import read_text
from ..config.problems import Problems
from ..drivers.sources import FileSource
from ..engine.engine import Engine
from ..engine.person import user_name
from ..engine.targets import wrong_sets
from ..executor.earlier import Earlier
from ..model.errors import ActionFailed, ConfigError
from ..model.host import HostInfo
from ..model.message import told
from ..model.say import Say
from ..model.target import on_hosts
from ..model.text import Printed, printed, safe
from ..storage.audit import audit_of
from .act import FAILED, require
from .arguments import Arguments
from .asked import NOT_ALL
from .encode import valid
from .hosts_list import every_host, named
from .output import complain, emit, emit_json
from .words import whole

ASK_ABOVE = 3
"""A removal of more hosts asks for their number."""

_ACTIONS = {
    "add": "add-host",
    "edit": "edit-host",
    "copy": "copy-host",
    "tag": "tag-host",
    "enable": "enable-host",
    "disable": "disable-host",
    "move": "move-to-file",
    "remove": "remove-host",
    "undo": "undo",
    "redo": "redo",
}
"""The verbs that write, and the action that each of them is; of a move this is said where it names a file."""


def invocation_of(arguments: Arguments, config: FleetConfig, earlier: Earlier) -> Invocation:
    """What is asked for. Raises ConfigError for the hosts that are named."""
    action, words = _ACTIONS[arguments.hosts_verb], arguments.hosts_words
    hosts: tuple[str, ...] = ()
    given: dict[str, str] = {}
    match arguments.hosts_verb:
        case "undo" | "redo":
            pass
        case "add":
            given = {"id": words[0], "host": words[1], "keys": shlex.join(words[2:])}
            given |= {"file": arguments.into} if arguments.into else {}
        case "enable":
            given = {"hosts": ",".join(named(words[0], config, earlier))}
        case "copy":
            hosts, given = _only(words[0], config, earlier), {"id": words[1], "keys": shlex.join(words[2:])}
        case "move" if len(words) == 3:
            action, given = "move-host", {"where": words[1], "other": words[2]}
            hosts = _only(words[0], config, earlier)
        case "move":
            if len(words) != 2 or words[1] in ("before", "after"):
                hint = "write before OTHER, or after OTHER, or the name of a file that hosts.toml includes"
                raise ConfigError(f"{len(words) - 1} words", key="move", hint=hint)
            hosts, given = named(words[0], config, earlier), {"file": words[1]}
        case verb:
            hosts = named(words[0], config, earlier)
            given = {"tags" if verb == "tag" else "keys": shlex.join(words[1:])} if words[1:] else {}
    return Invocation(action, on_hosts(*hosts), given, user_name())


def _only(word: str, config: FleetConfig, earlier: Earlier) -> tuple[str, ...]:
    hosts = named(word, config, earlier)
    if len(hosts) != 1:
        raise ConfigError(f"{len(hosts)} hosts are named", key="targets", hint="this is for one host at a time")
    return hosts


def agreed(arguments: Arguments, invocation: Invocation) -> Invocation | None:
    """The invocation as a person has agreed to it; None where nobody has. Asks at a terminal, by the number of hosts.

    Raises ActionFailed where there is no terminal, and --yes was not given.
    """
    number = len(invocation.targets)
    if arguments.hosts_verb != "remove" or number <= ASK_ABOVE or arguments.yes or arguments.dry_run:
        return replace(invocation, confirmed=number, beforehand=arguments.yes and number > ASK_ABOVE)
    if sys.stdin is None or not sys.stdin.isatty():
        raise ActionFailed(told(Say.NOBODY_TO_ASK, action=invocation.action, number=number))
    complain(f"{number} hosts are taken out of the file. Type their number to go on:")
    if sys.stdin.readline().strip() != str(number):
        complain("nothing was removed")
        return None
    return replace(invocation, confirmed=number)


async def edit(arguments: Arguments, source: FileSource, invocation: Invocation) -> int:
    """Edit the file and say what has become of it; the exit status.

    Raises ActionFailed for words that cannot be taken, ReadOnly, and ConfigError where a dry run finds an edit wrong.
    """
    policy = Policy(read_only=arguments.read_only)  # `agreed` has asked
    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), "hosts")
    engine = Engine(source, policy=policy, audit=audit)
    await require(engine, invocation)
    file = source.hosts_file
    assert file is not None, "it was found by its path"
    back = arguments.hosts_verb in ("undo", "redo")
    edits = () if back else edits_of(invocation, source.config)
    if arguments.dry_run:
        again = arguments.hosts_verb == "redo"
        _tell(arguments, invocation.action, await (file.look_back(again=again) if back else file.look(edits, "")))
        return 0
    async with engine.door.audit:  # the engine is not running: no host is contacted
        problem = (await engine.fleet.perform(invocation)).problem
    if problem is not None:
        complain(whole(problem))
        return FAILED
    assert file.written is not None, "it was performed"
    _tell(arguments, invocation.action, file.written)
    return 0


def _tell(arguments: Arguments, action: str, written: Written) -> None:
    if arguments.json:
        entry: dict[str, Any] = {
            "file": str(written.path),
            "files": [str(each.path) for each in written.changes],
            "written": not arguments.dry_run and bool(written.changes),
            "changed": list(written.touched) if written.changes else [],
            "difference": written.difference,
            "note": written.note or None,
        }
        emit_json(valid(entry))
        return
    if written.note:
        complain(f"warning: {written.note}")
    if arguments.dry_run:
        emit(_lines(written.difference.splitlines()))
    elif not written.changes:
        emit(_lines(["nothing to change"]))
    elif arguments.hosts_verb in ("undo", "redo"):
        emit(_lines([written.what]))
    else:
        emit(_lines([f"{host}: {action}: done" for host in written.touched]))


def _lines(lines: Sequence[str]) -> Printed:
    return printed([safe(line) for line in lines])


async def check(arguments: Arguments, source: FileSource, earlier: Earlier) -> int:
    """Say what the file comes to, and with --connect whether each host is reached; the exit status.

    What is wrong with the file was raised when it was read. Raises ConfigError for the hosts that are named.
    """
    config = source.config
    words = arguments.hosts_words
    ids = named(words[0], config, earlier) if words else tuple(host.id for host in every_host(config))
    wrong = _wrong_sets(config)
    for each in wrong:
        complain(str(each))
    watched = tuple(host for host in config.hosts if host.id in set(ids))
    failed = await _connected(source, watched) if arguments.connect else {}
    if arguments.json:
        reached = [{"host": host.id, "error": failed.get(host.id)} for host in watched] if arguments.connect else None
        entry: dict[str, Any] = {
            "file": str(config.path),
            "included": [str(file.path) for file in config.included],
            "hosts": len(config.hosts),
            "disabled": len(config.disabled),
            "sources": [
                {
                    "name": each.name,
                    "hosts": len(dict(config.program_hosts)[each.name]),
                    "fails": each.name in config.failing,
                }
                for each in config.programs
            ],
            "sets": [{"name": each.name, "expression": each.expression} for each in config.sets],
            "warnings": list(map(str, (*config.warnings, *wrong))),
            "connected": reached,
        }
        emit_json(valid(entry))
    else:
        found = [_counted(len(config.hosts), "host")]
        found += [f"{len(config.disabled)} disabled"] if config.disabled else []
        found += [_counted(len(config.included), "included file")] if config.include else []
        found += [f"{len(hosts)} of them from {name}" for name, hosts in config.program_hosts]
        found += [_counted(len(config.sets), "set")] if config.sets else []
        warnings = len(config.warnings) + len(wrong)
        found += [_counted(warnings, "warning")] if warnings else []
        failing = f"; {', '.join(config.failing)} does not answer" if config.failing else ""
        emit(_lines([f"{config.path}: {', '.join(found)}, no mistake{failing}"]))
        if arguments.connect:
            emit(_lines([f"{host.id}: connected" for host in watched if host.id not in failed]))
            for host, why in failed.items():
                complain(f"{host}: {why}")
    return NOT_ALL if failed else FAILED if config.failing or wrong else 0


def _wrong_sets(config: FleetConfig) -> tuple[ConfigError, ...]:
    """What is wrong with the named sets, each with its line."""
    wrong = tuple(wrong_sets(config))
    if wrong and config.path is not None and config.path.is_file():  # a pipe was read, and has no lines any more
        problems = Problems(config.path, read_text(config.path))
        for each in wrong:
            each.line = problems.line(("sets", (each.key or "").removeprefix("sets.")))
    return wrong


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


async def _connected(source: FileSource, hosts: tuple[HostInfo, ...]) -> dict[str, str]:
    """Connect to these hosts; why not, for each that could not be reached."""
    if not hosts:
        return {}
    engine = Engine(source)
    invocation = Invocation("connect", on_hosts(*(host.id for host in hosts)), {}, user_name())
    async with engine.running(watch=False, select=lambda _: hosts):
        problem = (await engine.fleet.perform(invocation)).problem
    if problem is None:
        return {}
    each = dict(problem.hosts) or {host.id: problem for host in hosts}
    return {host: whole(why) for host, why in each.items()}
