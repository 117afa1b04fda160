"""`[commands.NAME]`: read with the place of each mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..model import checks
from ..model.delivery import check_user
from ..model.errors import ActionFailed, ConfigError
from ..model.named import NamedCommand, Parameter
from ..model.placeholders import HOST_NAMES, Placeholder, Template, parsed
from ..model.quoting import quoted
from . import command_waves
from .positions import KeyPath
from .problems import Problems
from .tables import describe

KEYS = ("run", "description", "parameters", "timeout", "danger", "sudo", *command_waves.KEYS)
"""The keys of one command."""

PARAMETER_KEYS = ("description", "default", "choices")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_KINDS = {
    "run": str,
    "description": str,
    "danger": bool,
    "parameters": dict,
    "default": str,
    "choices": list,
}
_WANTED = {
    "run": 'write the command line, such as run = "systemctl restart {unit}"',
    "description": "write a line in quotes",
    "danger": "write true or false",
    "parameters": "write [commands.NAME.parameters.PARAMETER] and its keys below",
    "default": "write a text in quotes",
    "choices": 'write an array of texts, such as ["libvirtd", "virtqemud"]',
}


def read_commands(document: dict[str, Any], problems: Problems) -> tuple[NamedCommand, ...]:
    """The commands of a document that can be used; what is wrong with them is noted."""
    tables = document.get("commands", {})
    if not isinstance(tables, dict):
        problems.add(("commands",), f"is {describe(tables)}", "write [commands.NAME] and its keys below")
        return ()
    return tuple(filter(None, (_command(name, table, problems) for name, table in tables.items())))


def danger_patterns(commands: tuple[NamedCommand, ...]) -> tuple[str, ...]:
    """Regular expressions that find the lines of the dangerous ones."""
    return tuple(command.pattern for command in commands if command.danger)


def _command(name: str, table: object, problems: Problems) -> NamedCommand | None:
    path: KeyPath = ("commands", name)
    before = len(problems.errors)
    if not _NAME.fullmatch(name):
        problems.add(path, f"{quoted(name)} is no name of a command", "use letters, digits, _ and -; a letter first")
    if not isinstance(table, dict):
        problems.add(path, f"is {describe(table)}", f"write [commands.{name}] and its keys below")
        return None
    values = _values(table, path, KEYS, problems)
    if "run" not in table or (isinstance(values.get("run"), str) and not values["run"].strip()):
        problems.add((*path, "run"), "is missing", _WANTED["run"])
    sudo = _sudo(values.get("sudo", False), path, problems)
    if (timeout := table.get("timeout")) is not None:
        try:
            checks.seconds("timeout", timeout)
        except ConfigError as error:
            problems.add((*path, "timeout"), error.message, error.hint)
    waves = command_waves.read_waves(values, path, problems)
    parameters = tuple(_parameters(values.get("parameters", {}), (*path, "parameters"), problems))
    if isinstance(values.get("run"), str):
        _check_run(values["run"], parameters, path, problems)
    if isinstance(gate := dict(waves).get("gate_run"), str):
        _template(gate, parameters, (*path, "gate_run"), problems)
    if len(problems.errors) > before:
        return None
    return NamedCommand(
        name, values["run"], values.get("description", ""), parameters, timeout and float(timeout),
        values.get("danger", False), waves, sudo,
    )  # fmt: skip


def _sudo(value: object, path: KeyPath, problems: Problems) -> str:
    """The user that a command runs as; "" for that of the login."""
    if isinstance(value, bool):
        return "root" if value else ""
    try:
        return check_user(value if isinstance(value, str) else "")
    except ValueError:
        hint = 'write true for root, or the name of a user there, such as sudo = "postgres"'
        problems.add((*path, "sudo"), f"is {quoted(value) if isinstance(value, str) else describe(value)}", hint)
        return ""


def _values(table: dict[str, Any], path: KeyPath, keys: tuple[str, ...], problems: Problems) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        if key not in keys:
            problems.unknown((*path, key), keys)
        elif key in _KINDS and not _fits(key, value):
            problems.add((*path, key), f"is {describe(value)}", _WANTED[key])
        elif isinstance(value, str) and "\0" in value:
            problems.add((*path, key), "has a zero byte", "take it out: no command line can have one")
        else:
            values[key] = value
    return values


def _fits(key: str, value: object) -> bool:
    if key == "choices":
        return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)
    return isinstance(value, _KINDS[key])


def _parameters(tables: dict[str, Any], path: KeyPath, problems: Problems) -> Iterator[Parameter]:
    for name, table in tables.items():
        place = (*path, name)
        if not _NAME.fullmatch(name) or name in HOST_NAMES:
            why = "is filled in for each host" if name in HOST_NAMES else "is no name of a parameter"
            problems.add(place, f"{quoted(name)} {why}", "use letters, digits, _ and -, and not host, address or meta")
        if not isinstance(table, dict):
            problems.add(place, f"is {describe(table)}", 'write a table, such as unit = { default = "libvirtd" }')
            continue
        values = _values(table, place, PARAMETER_KEYS, problems)
        default, choices = values.get("default"), tuple(values.get("choices", ()))
        if default is not None and choices and default not in choices:
            problems.add((*place, "default"), f"{quoted(default)} is not among the choices", "add it there")
        yield Parameter(name, values.get("description", ""), default, choices)


def _check_run(run: str, parameters: tuple[Parameter, ...], path: KeyPath, problems: Problems) -> None:
    template = _template(run, parameters, (*path, "run"), problems)
    if template is None:
        return
    there = {part.name for part in template.parts if isinstance(part, Placeholder)}
    for name in sorted({parameter.name for parameter in parameters} - there):
        problems.add((*path, "parameters", name), "is not in run", f"write {{{name}}} there, or take it out")


def _template(text: str, parameters: tuple[Parameter, ...], path: KeyPath, problems: Problems) -> Template | None:
    """A command line taken apart; None where it has a placeholder that is none, which is noted."""
    try:
        return parsed(text, more=frozenset(parameter.name for parameter in parameters), strict=True)
    except ActionFailed as error:
        hint = "a parameter has its table [commands.NAME.parameters.PARAMETER]; {{ stands for a brace of the command's"
        problems.add(path, str(error), hint)
        return None
