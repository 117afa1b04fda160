"""`KEY=VALUE` as a person types it, for the keys of a host: the fields of the settings say which there are."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from ..model.errors import ConfigError
from ..model.quoting import quoted, redacted
from ..model.settings import SshSettings, TransportConfig
from .hosts import HOST_KEYS
from .pairs import Key, Plain
from .tables import kinds_of

_TABLES = {"ssh": kinds_of(SshSettings), "transport": kinds_of(TransportConfig)}
_KINDS: dict[str, type] = {
    "id": str,
    "host": str,
    "uri": str,
    "tags": tuple,
    "enabled": bool,
    **{f"{table}.{name}": kind for table, kinds in _TABLES.items() for name, kind in kinds.items()},
}
_WHOLE = ("metadata", "ssh", "transport", "transport.pool", "transport.reconnect")
"""Tables that can be taken away as a whole."""

_WANTED = {bool: "true or false", int: "a whole number", float: "a number, such as 30 or 0.5"}


def pairs_of(words: Iterable[str]) -> tuple[tuple[Key, Plain | None], ...]:
    """The keys and values of words such as `host=192.0.2.7`, `tags=prod,rack1`, `ssh.port=2222`, `metadata.site=north`.

    None for a word without a value (`ssh.port=`): the key is to be taken away. Raises ConfigError, with the key.
    """
    return tuple(map(_pair, words))


def given(pairs: Sequence[tuple[Key, Plain | None]]) -> tuple[tuple[Key, Plain], ...]:
    """Those that have a value."""
    return tuple((key, value) for key, value in pairs if value is not None)


def _pair(word: str) -> tuple[Key, Plain | None]:
    name, sign, text = word.partition("=")
    name = name.strip()
    try:
        word.encode()
    except UnicodeEncodeError:
        raise ConfigError("is not UTF-8 text", key=ascii(redacted(name))[1:-1]) from None
    if not sign:
        raise ConfigError(f"{quoted(word)} has no =", hint="write KEY=VALUE, such as ssh.port=2222; KEY= takes it away")
    table, _, rest = name.partition(".")
    if table == "metadata" and rest:
        return (table, rest), text or None
    if name in _WHOLE and not text:
        return tuple(name.split(".")), None
    if name in ("ssh", "uri") and text == "false":
        return (name,), False
    kind = _KINDS.get(name)
    if kind is None:
        raise _unknown(name)
    if not text and name in ("id", "host"):
        raise ConfigError("cannot be taken away", key=name, hint="each host has one")
    return tuple(name.split(".")), _value(name, kind, text) if text else None


def _value(name: str, kind: type, text: str) -> Plain:
    if kind is str:
        return text
    if kind is tuple:
        return tuple(part for part in (part.strip() for part in text.split(",")) if part)
    if kind is bool and text in ("true", "false"):
        return text == "true"
    with contextlib.suppress(ValueError):
        if kind is int and text.isascii() and "_" not in text:
            return int(text)
        if kind is float and text.isascii() and "_" not in text and math.isfinite(float(text)):
            return float(text)
    raise ConfigError(f"is {quoted(text)}", key=name, hint=f"write {_WANTED[kind]}")


def _unknown(name: str) -> ConfigError:
    if name in _WHOLE:
        return ConfigError("is a table", key=name, hint=f"set a key in it, such as {name}.KEY=VALUE")
    close = get_close_matches(name, _KINDS, n=1)
    keys = ", ".join(key for key in HOST_KEYS if key not in _WHOLE)
    hint = f"did you mean {close[0]}?" if close else f"the keys are {keys}, ssh.KEY, transport.KEY and metadata.NAME"
    return ConfigError("is no key of a host", key=redacted(name), hint=hint)
