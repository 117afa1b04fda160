"""hosts.toml in: read, checked, overrides resolved."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ..model.data_class import dataclass
from ..model.errors import ConfigError, ConfigErrors
from ..model.host import HostInfo, tags_of
from ..model.ring import JobsSettings
from ..model.settings import TransportConfig
from .accents import without_hosts, wrong_accents
from .answer_settings import read_answer_settings
from .answers import KeptAnswers
from .audit import read_audit
from .commands import danger_patterns, read_commands
from .files import read_bytes, read_regular, strangers_may_write
from .fleet import FleetConfig, Included, MonitorSettings, UiSettings
from .guard import names_without_hosts, read_guard
from .host_programs import Answers, Merged, merged, no_answer, read_programs
from .hosts import Found, read_hosts
from .includes import included_by, note_wrong, read_patterns
from .layers import read_layers
from .problems import Problems
from .sets import names_of_nothing, note_clashes, note_guarded, read_sets
from .tables import SECTIONS, home_of, read_table, settle

S = TypeVar("S", UiSettings, MonitorSettings, JobsSettings)

_TABLES = (*SECTIONS, "hosts", "tags", "include", "sources", "audit", "commands", "sets")
_KEY = re.compile(r"""\s*([A-Za-z0-9_."'-]+)\s*=""")
_HEADER = re.compile(r"\s*\[+[A-Za-z0-9_.-]+\]+")
_LONG_NUMBER = re.compile(r"\d(?:_?\d){4300}|0[xob][0-9A-Fa-f_]{3500}")
"""A number of more digits than Python makes an int of, or a text of."""

_MOST_BITS = 14_284
"""Of a number: with more of them it may have more than 4,300 digits, of which Python makes no text, so that no message
could show it. 0x takes any number of digits."""

_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


KeyCheck = Callable[[Mapping[str, str]], Iterable[tuple[str, str, str]]]
"""Gives what is wrong with keys by id: the id, what is wrong, and what would be right. Ids and keys are the screen's
matter, and it is loaded for the screen alone: so it brings the check, and the verbs go without."""


def load(path: Path, check_keys: KeyCheck | None = None, answers: Answers | None = None) -> FleetConfig:
    """Read a configuration file; `check_keys` says what is wrong with its `[ui.keys]`.

    `answers` are those of the programs that name hosts; None: those that were kept. No program is run.

    Raises ConfigErrors (a ConfigError) with all that is wrong with it, each with file, line, key, and what would be
    right. A thousand hosts take a tenth of a second.
    """
    config = parse(read_text(path), path, check_keys, answers=answers or KeptAnswers(path).answer)
    strangers = [
        warning for file in (path, *(each.path for each in config.included)) for warning in _of_strangers(file)
    ]
    if strangers and any(host.ssh_settings.before for host in config.hosts):
        raise ConfigErrors([_naming_a_program(each) for each in strangers])
    return replace(config, warnings=(*strangers, *config.warnings))


def _of_strangers(path: Path) -> tuple[ConfigError, ...]:
    """What is said of a file that others may write: it decides where commands and passwords go, and who is trusted.

    OpenSSH refuses such a file of its own. A fleet's file may be another's on purpose, a colleague's or a tool's.
    """
    try:
        status = path.stat()
    except OSError:
        return ()
    if not stat.S_ISREG(status.st_mode) or not strangers_may_write(status):
        return ()
    mode = f"{status.st_mode & 0o777:04o}"
    words = f"somebody else may write it (owner {status.st_uid}, mode {mode})"
    return (ConfigError(words, file=path, hint="have it be yours or root's, and chmod go-w"),)


def _naming_a_program(stranger: ConfigError) -> ConfigError:
    words = f"{stranger.message}, and a program is named that is run here (ssh.before)"
    return ConfigError(words, file=stranger.file, hint=stranger.hint)


def read_text(path: Path) -> str:
    """The text of a configuration file, its line ends as they are. Raises ConfigErrors where there is none to read."""
    return _text(path, read_bytes)


def read_included(path: Path) -> str:
    """As `read_text`, of a file that is included: a pipe or a device is refused without a wait for what it may say."""
    return _text(path, read_regular)


def _text(path: Path, read: Callable[[Path], bytes]) -> str:
    try:
        return decode(read(path), path)
    except IsADirectoryError as error:
        raise _unreadable(path, "is a directory", f"name the file, such as {path / 'hosts.toml'}") from error
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror or error}", None) from error
    except ValueError as error:
        raise _unreadable(path, f"cannot be a configuration: {error}", None) from error


def decode(data: bytes, path: Path) -> str:
    """The text of a file's bytes, without the byte order mark that editors on Windows write. Raises ConfigErrors."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "save the file as UTF-8"
        raise ConfigErrors([ConfigError("is not UTF-8 text", file=path, line=line, hint=hint)]) from error


def parse(
    text: str,
    path: Path,
    check_keys: KeyCheck | None = None,
    read: Callable[[Path], str] = read_included,
    answers: Answers = no_answer,
) -> FleetConfig:
    """The configuration a text stands for; `path` is the file that it came from, and that relative paths start from.

    `read` gives the texts of the files that it includes, and raises ConfigError. Raises ConfigErrors like `load`.
    """
    try:
        document = _document(text, path)
        problems = Problems(path, text)
        patterns = read_patterns(document, problems)
        note_wrong(patterns, path, problems)
        files = [_included(each, problems, read) for each in included_by(patterns, path)]
        return _fleet(document, path, check_keys, problems, files, answers)
    except RecursionError as error:
        raise ConfigErrors([ConfigError("is nested too deeply", file=path)]) from error


@dataclass(slots=True)
class _File:
    """A file that is included, as it was read: nothing of it where it cannot be."""

    file: Included
    problems: Problems
    tables: dict[str, Any]
    errors: tuple[ConfigError, ...] = ()


def _included(file: Included, above: Problems, read: Callable[[Path], str]) -> _File:
    try:
        text = read(file.path)
        tables = read_document(text, file.path)
    except ConfigError as error:
        errors = error.errors if isinstance(error, ConfigErrors) else (error,)
        for each in errors:
            each.hint = each.hint or f"{above.file}:{above.line(('include',))} includes it"
        return _File(file, Problems(file.path, "", above), {}, errors)
    problems = Problems(file.path, text, above)
    for key in tables.keys() - {"hosts"}:
        what = "an included file includes no others" if key == "include" else "an included file has hosts alone"
        problems.add_here((key,), what, f"write it in {above.file.name}, which includes this file")
    return _File(file, problems, tables)


def read_document(text: str, path: Path) -> dict[str, Any]:
    """The tables of a text, as they are written. Raises ConfigErrors where it is not TOML."""
    try:
        return _document(text, path)
    except RecursionError as error:
        raise ConfigErrors([ConfigError("is nested too deeply", file=path)]) from error


def parse_again(
    tables: dict[str, Any], included: Sequence[dict[str, Any]], before: FleetConfig, touched: Collection[str]
) -> FleetConfig | None:
    """As `parse`, where tomllib has read `tables` and those of the `included` files, and only the hosts `touched` have
    changed since `before`; None where something is wrong with them, which `parse` tells with its lines.

    Of a thousand hosts these alone are read anew. `warnings` are those of `before`.
    """
    assert before.path is not None, "it came from a file"
    by_file = [each.get("hosts", []) for each in (tables, *included)]
    every = [host for hosts in by_file for host in hosts]
    anew = [host for host in every if host.get("id") in touched]
    try:
        part = _fleet({**tables, "hosts": anew}, before.path, None, Problems(before.path, ""), (), no_answer)
    except ConfigErrors:
        return None
    known = {host.id: host for host in (*before.hosts, *before.disabled, *part.hosts, *part.disabled)}
    split: tuple[list[HostInfo], list[HostInfo]] = [], []
    for host in every:
        split[host.get("enabled") is False].append(known[host["id"]])
    files = zip(before.included, by_file[1:], strict=True)
    now = tuple(replace(file, hosts=tuple(host["id"] for host in hosts)) for file, hosts in files)
    return replace(before, hosts=tuple(split[0]), disabled=tuple(split[1]), included=now)


def _fleet(
    document: dict[str, Any],
    path: Path,
    check_keys: KeyCheck | None,
    problems: Problems,
    files: Sequence[_File],
    answers: Answers,
) -> FleetConfig:
    for key in document.keys() - set(_TABLES):
        problems.unknown((key,), _TABLES, home_of(key, ()))
    layers = read_layers(document, problems, path.parent.absolute())
    base = layers.below(())
    transport, _ = settle(TransportConfig, base.transport, problems)
    found: Found = {}
    hosts, disabled = read_hosts(document.get("hosts", []), layers, problems, found)
    included = []
    for file in files:
        its_hosts, its_disabled = read_hosts(file.tables.get("hosts", []), layers, file.problems, found)
        hosts, disabled = (*hosts, *its_hosts), (*disabled, *its_disabled)
        included.append(replace(file.file, hosts=tuple(host.id for host in (*its_hosts, *its_disabled))))
    programs = read_programs(document, problems)
    answered = merged(programs, answers, layers, found, problems)
    of_files, hosts = (*hosts, *disabled), (*hosts, *answered.hosts)
    ui = _section(UiSettings, "ui", document, problems)
    for id, message, hint in check_keys(dict(ui.keys)) if check_keys is not None else ():
        problems.add(("ui", "keys", id), message, hint)
    for tag, message, hint in wrong_accents(ui.accents):
        problems.add(("ui", "accents", tag), message, hint)
    monitor = _section(MonitorSettings, "monitor", document, problems)
    jobs = _section(JobsSettings, "jobs", document, problems)
    audit = read_audit(document, problems)
    commands = read_commands(document, problems)
    guard = read_guard(document, problems)
    compared = read_answer_settings(document, problems)
    guard = replace(guard, danger=(*guard.danger, *danger_patterns(commands)))
    sets = read_sets(document, problems)
    tags, ids = tags_of((*hosts, *disabled)).keys(), {host.id for host in (*hosts, *disabled)}
    note_clashes(sets, tags_of(of_files).keys(), {host.id for host in of_files}, problems, _of_programs(answered))
    note_guarded(sets, guard, tags, problems)
    if errors := [*problems.errors, *(error for file in files for error in (*file.errors, *file.problems.errors))]:
        raise ConfigErrors(errors)
    for tag in layers.tags.keys() - tags:
        problems.warn(("tags", tag), "no host has this tag", "check its spelling, or remove the table")
    for tag in without_hosts(ui.accents, tags):
        problems.warn(("ui", "accents", tag), "no host has this tag", "check its spelling, or remove the line")
    for place, message, hint in names_without_hosts(guard, {*tags, *(each.name for each in sets)}, ids):
        problems.warn(place, message, hint)
    for name, message, hint in names_of_nothing(sets, tags, ids):
        problems.warn(("sets", name), message, hint)
    warnings = [
        warning
        for each in (problems, *(file.problems for file in files))
        for warning in sorted(each.warnings, key=lambda warning: warning.line or 0)
    ]
    include = tuple(document.get("include", []))
    return FleetConfig(
        path, transport, base.ssh, hosts, ui, monitor, (*warnings, *answered.remarks), disabled, include,
        tuple(included), programs, answered.ids, answered.remarks, answered.failing, audit, guard, compared,
        commands, jobs, sets,
    )  # fmt: skip


def _of_programs(answered: Merged) -> dict[str, str]:
    """The ids and tags of the hosts that programs name, each with the name of the program."""
    homes = {host: name for name, hosts in answered.ids for host in hosts}
    return {word: homes[host.id] for host in answered.hosts for word in (*host.tags, host.id) if host.id in homes}


def _section(settings: type[S], name: str, document: dict[str, Any], problems: Problems) -> S:
    return settle(settings, read_table(settings, document.get(name, {}), (name,), problems), problems)[0]


def _document(text: str, path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(text)
        _require_short_numbers(found)
        return found
    except tomllib.TOMLDecodeError as error:
        raise ConfigErrors([_not_toml(str(error), text, path)]) from error
    except ValueError as error:  # what int() says to a number of thousands of digits
        number = _LONG_NUMBER.search(text)
        line = 1 + text.count("\n", 0, number.start()) if number else None
        what, hint = "has a number of far too many digits", "write a number of a few digits"
        raise ConfigErrors([ConfigError(what, file=path, line=line, hint=hint)]) from error


def _require_short_numbers(found: Any) -> None:
    """Raises ValueError."""
    rest = [found]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            rest += value.values()
        elif isinstance(value, list):
            rest += value
        elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise ValueError("a number of too many digits")


def _not_toml(said: str, text: str, path: Path) -> ConfigError:
    """What tomllib says of a text, with its line and key."""
    match = _AT_LINE.search(said)
    # "(at end of document)" has no line: it is the last one
    line = int(match[1]) if match else text.rstrip("\n").count("\n") + 1
    what = said.removesuffix(match[0]) if match else said.removesuffix(" (at end of document)")
    column = f" at column {match[2]}" if match else ""
    written = text.split("\n")[line - 1]
    key = _KEY.match(written)
    hint = "see hosts.example.toml for the form of each key, and toml.io for the format"
    if what == "Cannot overwrite a value":
        hint = "the key stands there already: a table takes each one once"
    elif what.startswith(("Cannot declare", "Cannot mutate", "Cannot redefine")):  # and a tuple of Python's
        header = _HEADER.match(written)
        what = f"the table {header[0].strip()} stands there already" if header else "that table stands there already"
        hint = "write all keys of a table below one header; each host begins with [[hosts]], in two pairs of brackets"
    return ConfigError(f"is not TOML{column}: {what}", file=path, line=line, key=key and key[1], hint=hint)


def _unreadable(path: Path, message: str, hint: str | None) -> ConfigErrors:
    return ConfigErrors([ConfigError(message, file=path, hint=hint)])
