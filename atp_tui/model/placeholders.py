"""Placeholders: what differs from host to host in a command line, its arguments, directory and environment. Pure.

`{host}` is the id of a host, `{address}` its name or address on the network, `{meta.KEY}` an entry of its metadata.
Braces are common in command lines (`awk '{print}'`, `${x}`, `{a,b}`), so that a text without one of these three goes as
it is. Where there is one, each `{word}` has to be one, and `{{` is a brace. A `{word}` that looks like a slip of one is
refused in any text. `${word}` never is one.

In a line that a shell reads, a value is quoted as one word. Between quotes, in `$(…)`, `${…}`, a here-document or a
comment nothing can be quoted without a look at all of the shell's grammar: there, a value of letters, digits and
`_@%+=:,./-` alone is taken, which is the same in all of them, and any other is refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Protocol

from .data_class import dataclass
from .errors import ActionFailed, ConfigError
from .message import told
from .say import Say

META = "meta."
HOST_NAMES = ("host", "address", "meta")
"""What no parameter of a command may be called."""

_PLAIN = ("host", "address")
_SLIPS = {"hostname": "host", "addr": "address", "metadata": META + "KEY", "meta": META + "KEY"}
_WORD = re.compile(r"(?<!\$)\{(?P<name>[A-Za-z_][\w-]*(?:\.[^\s{}'\"`$\\]*)?)\}")
_SAFE = re.compile(r"[\w@%+=:,./-]*", re.ASCII)
_VARIABLE = re.compile(r"(?<!\\)\$[A-Za-z_]\w*\Z", re.ASCII)
"""The name of a variable, to which a value behind it would be added."""

_HARD = re.compile(r"\$[({\['\"]|`|<<|\(\(|\[\[|\w\[|(?:^|(?<=[\s;&|(]))#")
"""Where, outside of quotes, more than quotes decide what a text means: no place behind it is taken for a bare one."""

_HARD_WITHIN = re.compile(r"\$[({\[]|`")


class Named(Protocol):
    """What is read of a host, whose own settings may have placeholders."""

    @property
    def id(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`bare`: it stands outside of all quotes, and its value is quoted. Not so in a text that no shell reads."""

    name: str
    bare: bool


@dataclass(frozen=True, slots=True)
class Template:
    """A text in parts. `is_shell`: a shell reads it."""

    parts: tuple[str | Placeholder, ...]
    is_shell: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is the same on each host."""
        return not any(isinstance(part, Placeholder) for part in self.parts)

    def filled(self, host: Named) -> str:
        """The text for that host. Raises ActionFailed where it has no such value, or one that cannot stand there."""
        return "".join(part if isinstance(part, str) else self._value(part, host) for part in self.parts)

    def bound(self, values: Mapping[str, str]) -> str:
        """The text with these names filled in, for `parsed` to take apart once more: what else is a placeholder stays,
        and a brace of a value is one. Raises ConfigError for a value that cannot stand there."""
        parts = [
            self._fit(part, values[part.name], None) if isinstance(part, Placeholder) and part.name in values else part
            for part in self.parts
        ]
        plain = "".join(part for part in parts if isinstance(part, str))
        if all(isinstance(part, str) for part in parts) and not _has_known(plain):
            return plain
        return "".join(part.replace("{", "{{") if isinstance(part, str) else f"{{{part.name}}}" for part in parts)

    def _value(self, placeholder: Placeholder, host: Named) -> str:
        return self._fit(placeholder, _value_of(placeholder.name, host), host)

    def _fit(self, placeholder: Placeholder, value: str, host: Named | None) -> str:
        if "\0" in value or (self.is_shell and not placeholder.bare and not _SAFE.fullmatch(value)):
            if host is None:
                what = f"the value of {placeholder.name} has signs that mean something to a shell"
                raise ConfigError(what, hint="between quotes only letters, digits and _@%+=:,./- can stand")
            raise ActionFailed(told(Say.PLACEHOLDER_UNSAFE, host=host.id, name=f"{{{placeholder.name}}}"))
        return shlex.quote(value) if placeholder.bare else value


def parsed(text: str, *, is_shell: bool = True, more: frozenset[str] = frozenset(), strict: bool = False) -> Template:
    """A text taken apart. `more` are names besides those of hosts; `strict`: each `{word}` has to be one of them all,
    and `{{` is a brace, whatever else stands there.

    Raises ActionFailed, with the column, for a placeholder that is none.
    """
    if not strict and not _has_known(text):
        return Template((text,), is_shell)
    bare = _bare_places(text) if is_shell else frozenset()
    parts: list[str | Placeholder] = []
    at = 0
    while at < len(text):
        if text.startswith("{{", at):
            parts.append("{")
            at += 2
            continue
        found = _WORD.match(text, at)
        if found is None:
            parts.append(text[at])
            at += 1
            continue
        if found["name"] not in more:
            _require(found["name"], at + 1, more)
        if is_shell and _VARIABLE.search(text, 0, at):
            raise ActionFailed(told(Say.PLACEHOLDER_BEHIND_VARIABLE, column=at + 1, name=found[0]))
        parts.append(Placeholder(found["name"], at in bare))
        at = found.end()
    return Template(tuple(_joined(parts)), is_shell)


def _has_known(text: str) -> bool:
    return any(_is_known(found["name"]) or _near(found["name"]) for found in _WORD.finditer(text))


def _is_known(name: str) -> bool:
    return name in _PLAIN or (name.startswith(META) and len(name) > len(META))


def _near(name: str) -> str | None:
    """The placeholder of which a name may be a slip."""
    first, _, rest = name.partition(".")
    first = first.lower()
    if rest and first in ("meta", "metadata"):
        return META + rest
    if first in _PLAIN or first in _SLIPS:
        return _SLIPS.get(first, first)
    from difflib import get_close_matches  # for a slip, which is rare

    close = get_close_matches(name.lower(), _PLAIN, 1, 0.75)
    return close[0] if close else None


def _require(name: str, column: int, more: frozenset[str]) -> None:
    if not _is_known(name):
        from difflib import get_close_matches

        close = get_close_matches(name, more, 1)
        near = close[0] if close else _near(name)
        nearest = f"{{{near}}}" if near else "{host}, {address} or {meta.KEY}"
        raise ActionFailed(
            told(Say.PLACEHOLDER_UNKNOWN, column=column, name=f"{{{name}}}", nearest=nearest, brace="{{")
        )


def _value_of(name: str, host: Named) -> str:
    if name == "host":
        return host.id
    if name == "address":
        return host.host
    key = name.removeprefix(META)
    if key not in host.metadata:
        raise ActionFailed(told(Say.PLACEHOLDER_MISSING, host=host.id, key=key, name=f"{{{name}}}"))
    return host.metadata[key]


def _bare_places(text: str) -> frozenset[int]:
    """The places of a shell's line that stand outside of all quotes."""
    places: list[int] = []
    quote, at = "", 0
    while at < len(text):
        sign = text[at]
        if quote:
            if quote == '"' and _HARD_WITHIN.match(text, at):
                break
            at += 1 + (sign == "\\" and quote == '"')
            quote = "" if sign == quote else quote
            continue
        if _HARD.match(text, at):
            break
        if sign == "\\":
            at += 2
            continue
        quote = sign if sign in "'\"" else ""
        if not quote:
            places.append(at)
        at += 1
    return frozenset(places)


def _joined(parts: list[str | Placeholder]) -> Iterator[str | Placeholder]:
    text: list[str] = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        if text:
            yield "".join(text)
            text = []
        yield part
    if text:
        yield "".join(text)
