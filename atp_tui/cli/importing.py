"""`atp-tui hosts import`: what it would do, the question, and the hosts added to the file."""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..actions.action import Action, Invocation
from ..actions.held import held_by
from ..actions.policy import Facts, Policy
from ..actions.registry import find
from ..config.edits import Add, Edit
from ..config.entries import pairs_of_host
from ..config.fleet import FleetConfig
from ..config.freeze_file import freeze_file, read_frozen
from ..config.hosts_file import HostsFile
from ..config.imports.found import Given, Imported, LeftOut
from ..config.imports.gathering import chosen
from ..config.imports.plan import Changed, Plan, changes_of, in_words, planned
from ..config.imports.sources import LARGEST, SOURCES, Source, read_file
from ..config.load import load
from ..config.paths import default_config, find_config
from ..drivers.hosts_file import versions_of
from ..engine.only_watching import only_watches
from ..engine.person import user_name
from ..executor.folding import fold_names
from ..executor.targets import Targets
from ..model.errors import AtpError, ConfigError
from ..model.text import printed, safe
from ..storage.audit import audit_of
from ..transport.clock import run_awake
from .arguments import Arguments
from .encode import encode_listed, valid
from .hosts_import import ImportWords
from .output import complain, emit, emit_json, standard_output
from .tables import table

DECLINED = 1
"""The exit status where a person has answered no."""

_STANDARD_INPUT = Path("-")

_SHOWN = 20
"""Entries that are told one by one in each part of the plan. --json has all."""

_NAMES = 1_000
"""Letters of folded names that a part of the plan shows."""

_LINES = 400
"""Lines of the difference that stand before a question: what scrolls by is not read. --dry-run shows all."""


def import_hosts(words: ImportWords, arguments: Arguments) -> int:
    """Show the plan, ask, and write; the exit status.

    Raises ConfigError for a source, a choice or a configuration that cannot be read, or where nobody is there to be
    asked; ReadOnly with --read-only, but for a dry run.
    """
    source = SOURCES[words.source]
    config = _configuration(arguments)
    if not words.dry_run:
        _require_admitted(arguments, Invocation("import", (), {"source": words.source}, user_name()), config)
    found, piped = _found(source, words)
    narrowed = _narrowed(found, words, arguments.targets)
    plan = _with_tag_of(words, config, planned(narrowed, (*config.hosts, *config.disabled), all_found=found))
    path = config.path or default_config()
    plan_changes = plan.changed if words.update else ()
    does = bool(plan.new or plan_changes)
    edits: tuple[Edit, ...] = (*(Add(pairs_of_host(host, config)) for host in plan.new), *changes_of(plan_changes))
    difference = list(_difference(path, edits)) if does else []
    if not arguments.json:
        _show(source, narrowed, plan, words)
        _show_difference(difference, len(difference) if words.dry_run or words.yes else _LINES)
    what = _what(plan, plan_changes)
    written = does and not words.dry_run and _agreed(words, arguments.json, piped, path, what)
    if written:
        ids = " ".join([*(host.id for host in plan.new), *(each.id for each in plan_changes)])
        invocation = Invocation("import", (), {"source": words.source, "hosts": ids}, user_name(), beforehand=words.yes)
        run_awake(_write(config, path, edits, invocation))
    if arguments.json:
        emit_json(_encoded(source, path, narrowed, plan, difference, written))
    elif written:
        emit(printed([safe(f"{what}: {path}")]))
    return 0 if written or not does or words.dry_run else DECLINED


def _what(plan: Plan, changes: Sequence[Changed]) -> str:
    """`40 hosts added, 2 changed`."""
    parts = [f"{_hosts(len(plan.new))} added"] if plan.new or not changes else []
    parts += [f"{_hosts(len(changes)) if not plan.new else f'{len(changes):,}'} changed"] if changes else []
    return ", ".join(parts)


def _require_admitted(arguments: Arguments, invocation: Invocation, config: FleetConfig) -> None:
    """Raise what the door would for such an act, which is then on record: before a source is read or a person asked."""
    action, policy = find(invocation.action), Policy(read_only=arguments.read_only or only_watches())
    frozen = read_frozen(freeze_file(config.path or default_config())).at(time.time())
    held = held_by(frozen, (*config.hosts, *config.disabled), config.sets)
    try:
        policy.allow(action, invocation, Facts(held=held, unreadable=frozen.unreadable))
    except AtpError as error:
        run_awake(_put_on_record(config, action, invocation, error))
        raise


async def _put_on_record(config: FleetConfig, action: Action, invocation: Invocation, error: AtpError) -> None:
    async with audit_of(config, lambda words: complain(f"warning: {words}"), "hosts import") as audit:
        audit.refused(action, invocation, error)


async def _write(config: FleetConfig, path: Path, edits: Sequence[Edit], invocation: Invocation) -> None:
    """Do what the plan says, and have it recorded: the one place where an import writes. It is one edit, which
    `hosts undo` takes back. Raises ConfigError, and ActionFailed where it cannot be recorded."""
    async with audit_of(config, lambda words: complain(f"warning: {words}"), "hosts import") as audit:
        record = await audit.asked(find(invocation.action), invocation)
        try:
            done = HostsFile(path, versions_of(path)).edit(edits, f"import {_hosts(len(edits))}")
        except BaseException as error:
            audit.ended(record, error)
            raise
        audit.ended(record, None)
    if done.note:
        complain(f"warning: {done.note}")


def _configuration(arguments: Arguments) -> FleetConfig:
    """The configuration that hosts are added to; an empty one where the user has none yet. Raises ConfigError."""
    path = find_config(arguments.config)
    if path is None:
        return FleetConfig(default_config())
    if not path.is_file():
        raise ConfigError("is no file that hosts can be added to", file=path, hint="name one with --config")
    config = load(path)
    for warning in config.warnings:
        complain(f"warning: {warning}")
    return config.of_files


def _found(source: Source, words: ImportWords) -> tuple[Imported, bool]:
    """All that the source names, and whether it came from standard input. Raises ConfigError."""
    files = (words.file,) if words.file is not None else source.files()
    if not files or files == (_STANDARD_INPUT,):
        try:
            return source.imported([_from_standard_input(source)]), True
        except ConfigError as error:
            error.file = error.file or Path("standard input")
            raise
    return source.imported([read_file(source, file) for file in files]), False


def _from_standard_input(source: Source) -> Given:
    if sys.stdin is None:
        raise ConfigError("there is no standard input to read", hint="name a file")
    if sys.stdin.isatty():
        complain(f"reading {source.about} from the terminal: end it with Ctrl+D")
    try:
        return source.given(sys.stdin.buffer.read(LARGEST + 1))
    except OSError as error:
        raise ConfigError(f"standard input cannot be read: {error.strerror}", hint="name a file") from error


def _narrowed(found: Imported, words: ImportWords, sets: Iterable[str]) -> Imported:
    """The hosts that -w means among those of the source, with --tag and --user. Raises ConfigError."""
    targets = Targets(host.info for host in found.hosts)
    meant = [frozenset(targets.resolve(each)) for each in sets]
    ids = frozenset().union(*meant) if meant else None
    return chosen(found, lambda host: ids is None or host.id in ids, tags=words.tags, user=words.user)


def _with_tag_of(words: ImportWords, config: FleetConfig, plan: Plan) -> Plan:
    """The plan, in which with --tag only hosts that have these tags may be gone: others came from elsewhere."""
    tagged = {host.id for host in (*config.hosts, *config.disabled) if set(words.tags) <= set(host.tags)}
    return Plan(plan.new, plan.same, plan.changed, tuple(host_id for host_id in plan.gone if host_id in tagged))


def _difference(path: Path, edits: Sequence[Edit]) -> Iterator[str]:
    """The lines of a unified difference between the files and what they would be. Raises ConfigError."""
    for each in HostsFile(path).look(edits, "").changes:
        yield from difflib.unified_diff(
            each.before.splitlines(),
            each.after.splitlines(),
            str(each.path),
            f"{each.path} with the import",
            lineterm="",
        )


def _agreed(words: ImportWords, json: bool, piped: bool, path: Path, what: str) -> bool:
    """Whether it is to be written. Raises ConfigError where nobody can be asked."""
    if words.yes:
        return True
    if json or piped or sys.stdin is None or not (sys.stdin.isatty() and standard_output().isatty()):
        raise ConfigError(
            f"nothing was written, and nobody can be asked: it would be {what}",
            hint="--yes writes it, --dry-run only shows it",
        )
    complain(f"{what}: write {path}? y or n")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(source: Source, imported: Imported, plan: Plan, words: ImportWords) -> None:
    """The plan for a person."""
    rows = [
        ("new", _hosts(len(plan.new)), _folded(host.id for host in plan.new)),
        ("the same", _hosts(len(plan.same)), _folded(plan.same)),
        (
            "changed",
            _hosts(len(plan.changed)),
            "" if words.update or not plan.changed else "left as they are: --update changes them",
        ),
        *(("", changed.id, in_words(changed)) for changed in plan.changed[:_SHOWN]),
        *_more(len(plan.changed)),
        ("not there", _hosts(len(plan.gone)), f"{_folded(plan.gone)} (in hosts.toml alone)" if plan.gone else ""),
    ]
    left_out = imported.left_out
    number = len(left_out) + imported.untold
    rows.append(("left out", f"{number:,} entr{'y' if number == 1 else 'ies'}", ""))
    rows += [("", each.name, _why(each)) for each in left_out[:_SHOWN]]
    rows += _more(number)
    emit(table((source.name.upper(), "NUMBER", "WHICH"), rows))


def _show_difference(lines: list[str], most: int) -> None:
    if lines:
        more = [f"… {len(lines) - most:,} more lines: --dry-run shows all"] if len(lines) > most else []
        emit(printed([safe(line) for line in ("", *lines[:most], *more)]))


def _folded(names: Iterable[str]) -> str:
    folded = fold_names(names)
    return folded if len(folded) <= _NAMES else f"{folded[:_NAMES]}… (--json has all)"


def _more(number: int) -> list[tuple[str, str, str]]:
    return [("", f"{number - _SHOWN:,} more", "--json has all")] if number > _SHOWN else []


def _why(left_out: LeftOut) -> str:
    return str(left_out).replace(f"{left_out.name}: ", "", 1)


def _hosts(number: int) -> str:
    return f"{number:,} host{'' if number == 1 else 's'}"


def _encoded(
    source: Source, path: Path, imported: Imported, plan: Plan, difference: list[str], written: bool
) -> dict[str, Any]:
    """The plan as JSON: "changed" has the values of each key in the file and in the source."""
    found = {
        "source": source.name,
        "file": str(path),
        "new": [encode_listed(host) for host in plan.new],
        "same": list(plan.same),
        "changed": [
            {"id": each.id, "keys": [{"key": of.key, "file": of.here, "source": of.there} for of in each.differences]}
            for each in plan.changed
        ],
        "not_in_source": list(plan.gone),
        "left_out": [
            {
                "name": each.name,
                "reason": each.reason,
                "hint": each.hint or None,
                "file": None if each.file is None else str(each.file),
                "line": each.line,
            }
            for each in imported.left_out
        ],
        "left_out_untold": imported.untold,
        "difference": difference,
        "written": written,
    }
    return valid(found)
