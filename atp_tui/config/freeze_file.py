"""The file of freezes, beside hosts.toml: whoever shares the one shares the other.

It is JSON, replaced in one step, with the mode of hosts.toml. Nothing is guessed of a file that cannot be read, or that
a newer program has written: it stays as it is, and counts as a freeze of everything until a person mends or removes it.
All of this blocks for the disk.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..model.errors import ConfigError
from ..model.freeze import Freeze, Frozen
from .files import read_regular
from .folder_lock import folder_held
from .replace import PRIVATE, replace_file

SUFFIX = ".freeze"
VERSION = 1
PATIENCE = 5.0
"""Seconds that another program of ours may hold the folder."""

_TEXTS = ("set", "reason", "who")
_MOMENTS = ("until", "since")


def freeze_file(hosts_toml: Path) -> Path:
    """Where the freezes of a hosts.toml are; of one that is a link, beside what it points to."""
    real = Path(os.path.realpath(hosts_toml))
    return real.with_name(real.name + SUFFIX)


def read_frozen(path: Path) -> Frozen:
    """All that the file says, what is over included; nothing where there is none."""
    try:
        return Frozen(_decoded(read_regular(path)))
    except FileNotFoundError:
        return Frozen(unreadable=f"{path} is a link to nothing") if os.path.lexists(path) else Frozen()
    except OSError as error:
        return Frozen(unreadable=f"{path} cannot be read: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        return Frozen(unreadable=f"{path}: {error}")


def change_frozen(path: Path, mode_of: Path, change: Callable[[Frozen], tuple[Freeze, ...]]) -> None:
    """Write what `change` makes of the freezes that are in the file at that moment; no freeze: the file goes.

    A new file has the mode of `mode_of`. Raises ConfigError, also from `change`, and where the file is unreadable.
    """
    with folder_held(path, PATIENCE):
        before = read_frozen(path)
        if before.unreadable:
            hint = "mend it, or remove it once you know that nothing is to be frozen"
            raise ConfigError(before.unreadable, hint=hint)
        after = change(before)
        try:
            if after:
                replace_file(path, _encoded(after), mode=None if os.path.lexists(path) else _mode_of(mode_of))
            elif before.freezes:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror or error}", file=path) from error


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o666
    except OSError:
        return PRIVATE


def _encoded(freezes: tuple[Freeze, ...]) -> bytes:
    entries = [
        {
            "set": each.words,
            "hosts": list(each.hosts),
            "until": each.until,
            "reason": each.reason,
            "who": each.who,
            "since": each.since,
        }
        for each in freezes
    ]
    return json.dumps({"version": VERSION, "freezes": entries}, indent=1).encode() + b"\n"


def _decoded(data: bytes) -> tuple[Freeze, ...]:
    """Raises ValueError in words for a person."""
    try:
        found = json.loads(data)
    except ValueError:
        raise ValueError("is no list of freezes") from None
    version = found.get("version") if isinstance(found, dict) else None
    if type(version) is int and version > VERSION:
        raise ValueError(f"was written by a newer program (version {version})")
    if type(version) is not int or version != VERSION or not isinstance(found.get("freezes"), list):
        raise ValueError("is no list of freezes")
    return tuple(map(_freeze, found["freezes"]))


def _freeze(entry: Any) -> Freeze:
    wrong = ValueError("has a freeze that is not written as this program writes it")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in _TEXTS):
        raise wrong
    until, since = (_moment(entry.get(key)) for key in _MOMENTS)
    if until is None or since is None:
        raise wrong
    hosts = entry.get("hosts")
    if not isinstance(hosts, list) or not all(isinstance(each, str) for each in hosts):
        raise wrong
    return Freeze(entry["set"], tuple(hosts), until, entry["reason"], entry["who"], since)


def _moment(value: object) -> float | None:
    with suppress(OverflowError):
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None
