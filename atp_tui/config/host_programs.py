"""Hosts from programs: `[[sources]]` of hosts.toml, and what their answers come to. Pure: no program is run here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..model import checks
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.host import HostInfo
from ..model.quoting import quoted
from .fleet import PERIOD, TIMEOUT, HostProgram
from .hosts import Found, read_hosts
from .layers import Layers
from .positions import KeyPath
from .problems import Problems
from .tables import describe

if TYPE_CHECKING:
    from .imports.found import Imported

KEYS = ("name", "command", "period", "timeout", "tags")
"""The keys of one [[sources]] entry."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_EXAMPLES = {
    "name": 'write one such as name = "netbox"',
    "command": 'write the program and its words, each in quotes: command = ["netbox-hosts", "--site", "north"]',
    "tags": 'write an array of texts, such as ["prod", "rack1"]',
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program has said. `output` is its last good answer, None before the first, and `taken` when it came, in
    seconds since 1970. `problem` says why it has failed since; "": it has not."""

    output: str | None = None
    taken: float = 0.0
    problem: str = ""


Answers = Callable[[HostProgram], Answer]


def no_answer(program: HostProgram) -> Answer:
    """Nothing is known of any program."""
    return Answer()


def read_programs(document: dict[str, Any], problems: Problems) -> tuple[HostProgram, ...]:
    """The programs of a document. What is wrong with them is noted."""
    tables = document.get("sources", [])
    if not isinstance(tables, list):
        problems.add(("sources",), f"is {describe(tables)}", "begin each with [[sources]], in two pairs of brackets")
        return ()
    read: dict[str, HostProgram] = {}
    for index, table in enumerate(tables):
        path: KeyPath = ("sources", index)
        if not isinstance(table, dict):
            problems.add(path, f"is {describe(table)}", "begin each with [[sources]]")
            continue
        program = _program(table, path, problems)
        if program is not None and read.setdefault(program.name, program) is not program:
            problems.add((*path, "name"), f"{quoted(program.name)} is the name of another source", "choose another")
    return tuple(read.values())


def _program(table: dict[str, Any], path: KeyPath, problems: Problems) -> HostProgram | None:
    for key in table.keys() - set(KEYS):
        problems.unknown((*path, key), KEYS)
    name, command, tags = (table.get(key, []) for key in ("name", "command", "tags"))
    right = True
    for key, value, fits in (
        ("name", name, isinstance(name, str) and _NAME.fullmatch(name)),
        ("command", command, _are_texts(command) and command and command[0]),
        ("tags", tags, _are_texts(tags)),
    ):
        if not fits:
            wrong = "is missing" if key not in table else f"is {describe(value)}"
            problems.add((*path, key), wrong, _EXAMPLES[key])
            right = False
    seconds = {"period": table.get("period", PERIOD), "timeout": table.get("timeout", TIMEOUT)}
    try:
        for key, value in seconds.items():
            checks.seconds(key, value)
        HostInfo("x", "x", tags=tuple(tags) if _are_texts(tags) else ())
    except ConfigError as error:
        problems.add((*path, error.key or "tags"), error.message, error.hint)
        right = False
    if not right:
        return None
    return HostProgram(
        name, tuple(command), float(seconds["period"]), float(seconds["timeout"]), tuple(tags), problems.line(path)
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and "\0" not in each for each in value)


@dataclass(frozen=True, slots=True)
class Merged:
    """The hosts of programs, the ids of each program's by its name, what is told of it, and the programs that fail."""

    hosts: tuple[HostInfo, ...] = ()
    ids: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remarks: tuple[ConfigError, ...] = ()
    failing: tuple[str, ...] = ()


def merged(
    programs: Iterable[HostProgram], answers: Answers, layers: Layers, found: Found, problems: Problems
) -> Merged:
    """The hosts of all answers but those whose ids are `found` in hosts.toml, or in the answer of a program before."""
    hosts: list[HostInfo] = []
    ids: list[tuple[str, tuple[str, ...]]] = []
    remarks: list[ConfigError] = []
    failing: list[str] = []
    for program in programs:
        from .imports.found import Imported  # most files name no program

        answer = answers(program)
        said = [] if answer.problem == "" else [_failure(answer)]
        failing += [program.name] if said else []
        try:
            imported = Imported() if answer.output is None else hosts_of(answer.output)
        except ConfigError as error:
            imported, said = Imported(), [*said, error.sentence]
        tables = [_table(host.info, host.said, program) for host in imported.hosts]
        double = [table["id"] for table in tables if table["id"] in found]
        own = Problems(problems.file, "")
        tables = [table for table in tables if table["id"] not in found]
        its_hosts, _ = read_hosts(tables, layers, own, found)
        if double:
            said.append(f"{_listed(double)}: a file or another source has that id too, and counts")
        if imported.left_out:
            number = len(imported.left_out) + imported.untold
            entries = f"{number} {'entry' if number == 1 else 'entries'}"
            said.append(f"{entries} of its answer left out: {imported.left_out[0]}")
        said += [f"{error.key}: {error.message}" for error in own.errors]
        hosts += its_hosts
        ids.append((program.name, tuple(host.id for host in its_hosts)))
        remarks += [
            ConfigError(each, key=f"sources[{program.name}]", file=problems.file, line=program.line) for each in said
        ]
    return Merged(tuple(hosts), tuple(ids), tuple(remarks), tuple(failing))


def _failure(answer: Answer) -> str:
    if answer.output is None:
        return f"fails, and has given no answer yet: {answer.problem}"
    taken = time.strftime("%Y-%m-%d %H:%M", time.localtime(answer.taken))
    return f"fails, its hosts are those of its answer of {taken}: {answer.problem}"


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def _table(host: HostInfo, said: frozenset[str], program: HostProgram) -> dict[str, Any]:
    """A host as hosts.toml would have it, so that it inherits as those there do."""
    table: dict[str, Any] = {"id": host.id, "host": host.host}
    if "uri" in said:
        table["uri"] = False if host.uri is None else host.uri
    table["tags"] = list(dict.fromkeys((*host.tags, *program.tags)))
    table["metadata"] = {**host.metadata, "source": program.name}
    ssh = {} if host.ssh is None else {"user": host.ssh.user, "port": host.ssh.port}
    if given := {key: value for key, value in ssh.items() if value is not None}:
        table["ssh"] = given
    return table


def hosts_of(output: str) -> Imported:
    """The hosts of an answer: JSON (a list of ids and objects, or an object with such a list as "hosts"), or names and
    node sets. Raises ConfigError for what is neither, and for an answer without a word."""
    from .imports import host_list, json_hosts  # node sets are a library, and most files name no program
    from .imports.found import Given

    if not output.strip():
        raise ConfigError("its answer is empty", hint="where no host is meant, it has to say []")
    if output.lstrip()[0] in "[{":
        return json_hosts.read(output)
    imported = host_list.read([Given(output)])
    if not imported.hosts and imported.left_out:
        raise ConfigError(f"its answer names no host: {imported.left_out[0]}")
    return imported
