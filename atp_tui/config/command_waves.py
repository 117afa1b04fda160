"""The keys of `[commands.NAME]` that say how its job goes in waves: each checked, in the form of the option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..model import checks
from ..model.amount import Amount
from ..model.errors import ConfigError
from ..model.quoting import quoted
from .positions import KeyPath
from .problems import Problems

Value = str | int | float | bool

_SEED = 10**6
"""The highest seed that `--shuffle` takes."""

ASK = "ask"


def read_waves(table: Mapping[str, Any], path: KeyPath, problems: Problems) -> tuple[tuple[str, Value], ...]:
    """The options of waves that a command has, by their names; what is wrong with them is noted."""
    found: dict[str, Value] = {}
    for key in [key for key in KEYS if key in table]:
        try:
            found[key] = KEYS[key](key, table[key])
        except ConfigError as error:
            problems.add((*path, key), error.message, error.hint)
    between = [key for key in ("pause", "gate", "gate_run") if key in table]
    if between and "wave" not in table and "canary" not in table:
        problems.add(
            (*path, between[0]), "stands between waves, and there are none", 'write their size too: wave = "10%"'
        )
    return tuple(found.items())


def _amount(key: str, value: object) -> str:
    if not isinstance(value, bool) and isinstance(value, int | str):
        try:
            return str(Amount.parse(str(value)))
        except ValueError:
            pass
    hint = 'write a number such as 5, or a share of them such as "10%"'
    raise ConfigError(f"{quoted(value)} is no number of hosts", key=key, hint=hint)


def _pause(key: str, value: object) -> str:
    if value == ASK:
        return ASK
    try:
        return _plain(_seconds(key, value))
    except ConfigError as error:
        hint = f'write seconds such as 30, or "{ASK}" for a person\'s word'
        raise ConfigError(error.message, key=key, hint=hint) from None


def _seconds(key: str, value: object) -> float:
    checks.seconds(key, value)
    assert isinstance(value, int | float), "it was checked"
    return float(value)


def _plain(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{quoted(value)} is neither true nor false", key=key, hint="write true or false")
    return value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ConfigError(f"{quoted(value)} cannot be used", key=key, hint="write a text of one line in quotes")
    return value.strip()


def _seed(key: str, value: object) -> int:
    checks.count(key, value, least=0, most=_SEED)
    assert isinstance(value, int), "it was checked"
    return value


KEYS: Mapping[str, Callable[[str, object], Value]] = {
    "wave": _amount,
    "canary": _amount,
    "max_fail": _amount,
    "unreachable_ok": _flag,
    "pause": _pause,
    "gate": _text,
    "gate_run": _text,
    "gate_timeout": _seconds,
    "spread": _text,
    "shuffle": _seed,
}
"""What reads each key; it raises ConfigError. The names are those of the options (`actions.waves`)."""
