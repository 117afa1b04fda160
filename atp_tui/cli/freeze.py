"""`atp-tui freeze` and `atp-tui thaw`: what is frozen, until when and why; and a freeze put or taken back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from ..actions.action import Invocation
from ..actions.freeze import moment_of, reason_of
from ..actions.held import held_by, named_now
from ..actions.policy import Policy
from ..config.fleet import FleetConfig
from ..drivers.sources import FileSource
from ..engine.engine import Engine
from ..engine.person import user_name
from ..model.errors import ConfigError
from ..model.freeze import ALL, Freeze, local_time
from ..model.host import HostInfo
from ..model.text import printed, safe
from ..storage.audit import audit_of
from .act import FAILED
from .agreeing import agreed
from .arguments import Arguments
from .encode import valid
from .freeze_arguments import FreezeWords
from .output import complain, emit, emit_json
from .tables import table
from .words import whole

USAGE = 2
"""The exit status where a person has not agreed."""


async def freeze(arguments: Arguments, source: FileSource) -> int:
    """List what is frozen, or freeze; the exit status. Raises ConfigError and ActionFailed before anything is done."""
    words = arguments.freezing or FreezeWords()
    if not (words.words or words.until or words.reason):
        return _list(arguments, source)
    for name, given in (("--until", words.until), ("--reason", words.reason)):
        if not given:
            raise ConfigError("is needed to freeze", key=name, hint="atp-tui freeze --help has an example")
    moment_of(words.until, time.time())
    chosen = words.words or ALL
    if chosen != ALL:
        named_now(chosen, _hosts(source.config), source.config.sets)
    asked = {"set": chosen, "until": words.until, "reason": reason_of(words.reason)}
    return await _done(arguments, source, Invocation("freeze", (), asked, user_name()))


async def thaw(arguments: Arguments, source: FileSource) -> int:
    """End the freezes of a set; the exit status. Raises ActionFailed where nobody can be asked."""
    words = arguments.freezing or FreezeWords()
    return await _done(arguments, source, Invocation("thaw", (), {"set": words.words or ALL}, user_name()))


async def _done(arguments: Arguments, source: FileSource, invocation: Invocation) -> int:
    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), arguments.verb)
    engine = Engine(source, policy=Policy(read_only=arguments.read_only, asks=True), audit=audit)
    async with audit:
        wanted = await agreed(engine, invocation, yes=arguments.yes)
        if wanted is None:
            return USAGE
        problem = (await engine.fleet.perform(wanted)).problem
    if problem is not None:
        complain(whole(problem))
        return FAILED
    return _list(arguments, source)


def _hosts(config: FleetConfig) -> tuple[HostInfo, ...]:
    return (*config.hosts, *config.disabled)


def _list(arguments: Arguments, source: FileSource) -> int:
    assert source.hosts_file is not None, "it was found by its path"
    freezes = source.hosts_file.freezes
    frozen = freezes.now.at(time.time())
    held = held_by(frozen, _hosts(source.config), source.config.sets)
    if arguments.json:
        entries = [_encoded(each.freeze, sorted(each.hosts)) for each in held]
        emit_json(valid({"freezes": entries, "file": str(freezes.path), "unreadable": frozen.unreadable or None}))
    elif held:
        rows = [
            (
                each.freeze.words,
                "all" if each.freeze.of_all else len(each.hosts),
                local_time(each.freeze.until),
                each.freeze.who,
                local_time(each.freeze.since),
                each.freeze.reason,
            )
            for each in held
        ]
        emit(table(("SET", "HOSTS", "UNTIL", "BY", "SINCE", "REASON"), rows))
    elif not frozen.unreadable:
        emit(printed([safe("nothing is frozen")]))
    if frozen.unreadable:
        complain(f"{frozen.unreadable}: nothing is changed until that is mended, or the file removed")
        return FAILED
    return 0


def _encoded(freeze: Freeze, hosts: list[str]) -> dict[str, Any]:
    """`hosts` are those that it is of now; of a freeze of the whole fleet none are named."""
    return {
        "set": freeze.words,
        "hosts": None if freeze.of_all else hosts,
        "until": _iso(freeze.until),
        "reason": freeze.reason,
        "who": freeze.who,
        "since": _iso(freeze.since),
    }


def _iso(at: float) -> str | None:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return None
