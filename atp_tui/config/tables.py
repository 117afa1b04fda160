"""Tables of a TOML document read into the dataclasses of the settings: their fields are the schema."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ..model.answers import AnswerSettings
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.guard import GuardSettings
from ..model.quoting import quoted
from ..model.ring import JobsSettings
from ..model.settings import PoolConfig, ReconnectConfig, SshSettings, TransportConfig
from .fleet import MonitorSettings, UiSettings
from .positions import KeyPath
from .problems import Problems, bare

S = TypeVar("S")

SECTIONS: Mapping[str, type] = {
    "transport": TransportConfig,
    "ssh": SshSettings,
    "ui": UiSettings,
    "monitor": MonitorSettings,
    "guard": GuardSettings,
    "answers": AnswerSettings,
    "jobs": JobsSettings,
}
"""The tables of settings at the top of a file, and what each one is read into."""


def _is_table(hint: Any) -> bool:
    return dataclasses.is_dataclass(hint)


def _field_types(settings: Any) -> dict[str, Any]:
    """The fields of a dataclass with their types, None taken out of `X | None`."""
    hints = get_type_hints(settings)
    return {field.name: _without_none(hints[field.name]) for field in dataclasses.fields(settings)}


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    return hint


_TEXTS_BY_NAME = tuple[tuple[str, str], ...]
"""The type of a field that is a table of texts by names."""

_FIELDS: Mapping[type, Mapping[str, Any]] = {
    settings: _field_types(settings) for settings in (*SECTIONS.values(), PoolConfig, ReconnectConfig)
}


def kinds_of(settings: type) -> dict[str, type]:
    """The kind of value of each field of a dataclass, by its name; `table.name` for those of a dataclass inside it."""
    kinds: dict[str, type] = {}
    for name, hint in _FIELDS[settings].items():
        if _is_table(hint):
            kinds |= {f"{name}.{inner}": kind for inner, kind in kinds_of(hint).items()}
        else:
            kinds[name] = _kind(hint)
    return kinds


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the file gives, and where it stands."""

    value: object
    path: KeyPath


Values = Mapping[str, Given]
"""The values given for one dataclass: by field, and `table.field` for those of a dataclass inside it."""


def read_table(settings: type, table: object, path: KeyPath, problems: Problems) -> dict[str, Given]:
    """The values of a table whose names and types fit the fields of `settings`; the others are noted as problems."""
    if not isinstance(table, dict):
        name = ".".join(bare(part) for part in path if isinstance(part, str))
        problems.add(path, f"is {describe(table)}", f"it must be a table: write [{name}] and its keys below")
        return {}
    fields = _FIELDS[settings]
    values: dict[str, Given] = {}
    for key, value in table.items():
        place = (*path, key)
        if key not in fields:
            problems.unknown(place, fields, home_of(key, path))
        elif _is_table(fields[key]):
            inner = read_table(fields[key], value, place, problems)
            values |= {f"{key}.{name}": given for name, given in inner.items()}
        elif fields[key] == _TEXTS_BY_NAME:
            values[key] = Given(_texts_by_name(value, place, problems), place)
        elif (fitting := _fit(fields[key], value)) is None:
            add_misfit(problems, place, value, _WANTED[_kind(fields[key])])
        else:
            values[key] = Given(fitting, place)
    return values


def _texts_by_name(table: object, path: KeyPath, problems: Problems) -> tuple[tuple[str, str], ...]:
    """The texts of a table whose names are not known here; the others are noted as problems."""
    if not isinstance(table, dict):
        problems.add(path, f"is {describe(table)}", f"it must be a table: write [{'.'.join(map(str, path))}]")
        return ()
    texts = []
    for name, value in table.items():
        if isinstance(value, str):
            texts.append((name, value))
        else:
            inner = next(iter(value), "") if isinstance(value, dict) else ""
            hint = f'write "{name}.{inner}" = … with the quotes' if inner else f"write {_WANTED[str]}"
            problems.add((*path, name), f"is {describe(value)}", hint)
    return tuple(texts)


def settle(
    settings: type[S], values: Values, problems: Problems, suspects: Iterable[str] = ()
) -> tuple[S, dict[str, Given]]:
    """The dataclass made of `values`, and those of them that it could be made of; the others are noted as problems.

    Where values contradict each other, the one to blame is looked for among `suspects` first.
    """
    kept = dict(values)
    while True:
        try:
            return _make(settings, kept), kept
        except ConfigError as error:
            named = _field_named(settings, error)
            blamed = list(suspects)
            culprit = _culprit(settings, kept, named, [*({named} & {*blamed}), *blamed, named, *kept])
            message = (
                error.message if culprit == named else f"{named.rpartition('.')[2]} would be wrong: {error.message}"
            )
            problems.add(kept.pop(culprit).path, message, error.hint)


def add_misfit(problems: Problems, path: KeyPath, value: object, wanted: str) -> None:
    """Note a value of the wrong type; an array is wrong at its first element that is no text."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            if not isinstance(element, str):
                path, value, wanted = (*path, index), element, _WANTED[str]
                break
    problems.add(path, f"is {describe(value)}", f"write {wanted}")


def describe(value: object) -> str:
    """What kind of TOML value it is, in words; short values are shown."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value)}" if len(value) <= 60 else "a long text"
    if isinstance(value, int | float):
        return "a very large number" if abs(value) >= 1e18 else f"the number {value}"  # nan is neither large nor small
    return f"the moment {value}"


def _make(settings: type[S], values: Values) -> S:
    arguments: dict[str, Any] = {}
    for field, kind in _FIELDS[settings].items():
        if _is_table(kind):
            prefix = f"{field}."
            inner = {name.removeprefix(prefix): given for name, given in values.items() if name.startswith(prefix)}
            arguments[field] = _make(kind, inner)
        elif field in values:
            arguments[field] = values[field].value
    return settings(**arguments)


def _culprit(settings: type, values: Values, named: str, candidates: Iterable[str]) -> str:
    """The first candidate without which the field `named` would be right."""
    for candidate in dict.fromkeys(candidates):
        if candidate not in values:
            continue
        try:
            _make(settings, {name: given for name, given in values.items() if name != candidate})
        except ConfigError as error:
            if _field_named(settings, error) == named:
                continue
        return candidate
    return named


def _field_named(settings: type, error: ConfigError) -> str:
    """The field that an error speaks of; its key begins with the section's name, as in transport.pool.idle_timeout."""
    key = error.key or ""
    section = next(name for name, kind in SECTIONS.items() if kind is settings)
    return key.removeprefix(f"{section}.")


def _kind(hint: Any) -> type:
    origin = get_origin(hint)
    if origin is not None:
        return tuple
    return str if issubclass(hint, StrEnum) else hint


_WANTED: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number, such as 5",
    float: "a number, such as 30 or 0.5, without quotes",
    str: 'text in quotes, such as "text"',
    tuple: 'an array of texts, such as ["text"]',
}


def _fit(hint: Any, value: object) -> object | None:
    """The value as a field of type `hint` takes it, None where it is of another type."""
    kind = _kind(hint)
    if kind is tuple:
        texts = [value] if isinstance(value, str) else value  # one path needs no brackets
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return tuple(texts)
        return None
    if isinstance(value, bool):
        return value if kind is bool else None
    return value if isinstance(value, int | float if kind is float else kind) else None


def _homes() -> dict[str, str]:
    homes: dict[str, str] = {}
    for section, settings in SECTIONS.items():
        for name, kind in _FIELDS[settings].items():
            homes.setdefault(name, f"{section}.{name}" if _is_table(kind) else section)
            if _is_table(kind):
                for inner in _FIELDS[kind]:
                    homes.setdefault(inner, f"{section}.{name}")
    return homes


_HOMES = _homes()


def home_of(key: str, path: KeyPath) -> str | None:
    """The table of settings in which `key` means something, as it would be written near `path`; None for no such."""
    home = _HOMES.get(key)
    if home is None or not path or home in ("ui", "monitor", "guard", "answers", "jobs"):
        return None if home is None else f"[{home}]"
    if path[0] == "tags":
        return f"[tags.{bare(path[1])}.{home}]"
    return f"[hosts.{home}]" if path[0] == "hosts" else f"[{home}]"
