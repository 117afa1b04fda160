"""The files that an Include of ssh_config names, by the rules of OpenSSH's own glob.

It is not the C library's: OpenSSH brings one along (openbsd-compat/glob.c), which looks at bytes in every locale, and
what that finds is right here, its oddities included. A file that ssh reads and we do not know of could change unseen.
"""

from __future__ import annotations

import os
import string
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from ..model.data_class import dataclass

_SLASH, _DOT, _QUOTE = b"/.\\"

_ESCAPED = 0x100
"""Added to a byte behind a backslash: it stands for itself."""

_CLASSES = {
    name: frozenset(letters.encode())
    for name, letters in {
        "alnum": string.ascii_letters + string.digits,
        "alpha": string.ascii_letters,
        "blank": " \t",
        "cntrl": "".join(map(chr, range(1, 32))) + "\x7f",
        "digit": string.digits,
        "graph": string.ascii_letters + string.digits + string.punctuation,
        "lower": string.ascii_lowercase,
        "print": string.ascii_letters + string.digits + string.punctuation + " ",
        "punct": string.punctuation,
        "space": string.whitespace,
        "upper": string.ascii_uppercase,
        "xdigit": string.hexdigits,
    }.items()
}

_ALL = frozenset(range(1, 256))


@dataclass(frozen=True, slots=True)
class _Star:
    """Any bytes of a name."""


_Part = int | frozenset[int] | _Star
"""A byte, any byte of a set, or a star."""


class _Nothing(Exception):
    """The pattern fits no name."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One argument of Include. `directory` is where a relative one starts."""

    text: str
    directory: Path

    def files(self) -> list[Path]:
        """What it names, in the order in which OpenSSH reads it: files, directories, and links to nothing."""
        return [Path(os.fsdecode(name)) for name in sorted(_found(b"", _compiled(self)))]

    def only_directory(self) -> str | None:
        """The one directory in which it looks for names; None: there are several, or it fits no name."""
        parts = _compiled(self)
        before = parts[: len(parts) - parts[::-1].index(_SLASH)] if _SLASH in parts else ()
        return os.fsdecode(_plain(before)) if before and _is_plain(before) else None


@lru_cache(maxsize=1024)
def _compiled(pattern: Pattern) -> tuple[_Part, ...]:
    """Empty for a pattern that fits no name."""
    try:
        return tuple(_parts(_anchored(pattern)))
    except _Nothing:
        return ()


def _anchored(pattern: Pattern) -> list[int]:
    """The bytes of the pattern from its root on, escapes resolved. Before it may stand the name of a directory, which
    is read as a pattern as well, but has no escapes."""
    text = pattern.text
    if text.startswith("~"):
        home, slash, rest = text.partition("/")
        return [*os.fsencode(os.path.expanduser(home)), *_unescaped(slash + rest)]
    if text.startswith("/"):
        return _unescaped(text)
    return [*os.fsencode(pattern.directory), _SLASH, *_unescaped(text)]


def _unescaped(text: str) -> list[int]:
    signs: list[int] = []
    rest = iter(text.encode("utf-8", "surrogateescape"))
    for sign in rest:
        signs.append(sign if sign != _QUOTE else next(rest, _QUOTE) | _ESCAPED)
    return signs


def _parts(signs: Sequence[int]) -> Iterator[_Part]:
    """Raises _Nothing for a pattern that fits no name."""
    at = 0
    while at < len(signs):
        sign = signs[at]
        at += 1
        if sign == ord("*"):
            yield _Star()
        elif sign == ord("?"):
            yield _ALL
        elif sign == ord("[") and _has_end(signs, at):
            letters, at, last = _set(signs, at)
            yield letters
            if last:
                return
        else:
            yield sign & 0xFF


def _has_end(signs: Sequence[int], at: int) -> bool:
    """Whether a bracket that begins before `at` is closed: the first sign in it does not close it."""
    if signs[at : at + 1] == [ord("!")]:
        at += 1
    return ord("]") in signs[at + 1 :]


def _set(signs: Sequence[int], at: int) -> tuple[frozenset[int], int, bool]:
    """The bytes of the set that begins at `at`, where what follows it begins, and whether the pattern ends with it.

    Raises _Nothing for one that fits no name.
    """
    found: set[int] = set()
    last = False
    negated = signs[at] == ord("!")
    at += negated
    try:
        while True:
            begun = at
            while name := _class_at(signs, at):
                found |= _CLASSES[name]
                last = last or name == "alnum"  # the first of OpenSSH's table: its number, 0, ends the pattern
                at += len(name) + 4
            if at == begun or signs[at] != ord("]"):
                low = high = signs[at] & 0xFF
                if signs[at + 1] == ord("-") and signs[at + 2] != ord("]"):
                    high = signs[at + 2] & 0xFF
                    at += 2
                found.update(range(low, high + 1))
                if _SLASH in (low, high) and not last:
                    raise _Nothing  # the pattern is parted there, and the set has no end
                at += 1
            if signs[at] == ord("]"):
                return _ALL - found if negated else frozenset(found), at + 1, last
    except IndexError:
        raise _Nothing from None  # the bracket that closed it was that of a class


def _class_at(signs: Sequence[int], at: int) -> str | None:
    """The name of the class that begins at `at`, such as `[:digit:]`. Raises _Nothing for one that is not known."""
    if list(signs[at : at + 2]) != [ord("["), ord(":")] or ord(":") not in signs[at + 2 :]:
        return None
    end = signs.index(ord(":"), at + 2)
    if list(signs[end + 1 : end + 2]) != [ord("]")]:
        return None
    name = "".join(map(chr, signs[at + 2 : end]))
    if name not in _CLASSES:
        raise _Nothing
    return name


def _found(path: bytes, parts: Sequence[_Part]) -> Iterator[bytes]:
    """The names below `path`, which is written as it stands in the pattern. Directories that are closed have none."""
    while parts:
        end = parts.index(_SLASH) if _SLASH in parts else len(parts)
        segment, parts = parts[:end], parts[end:]
        if not _is_plain(segment):
            for name in _names(path):
                if (segment[0] == _DOT or not name.startswith(b".")) and _fits(name, segment):
                    yield from _found(path + name, parts)
            return
        path += _plain(segment)
        while parts and parts[0] == _SLASH:
            path, parts = path + b"/", parts[1:]
    if path and os.path.lexists(path):
        yield path


def _names(directory: bytes) -> list[bytes]:
    try:
        return [b".", b"..", *os.listdir(directory or b".")]
    except OSError:
        return []


def _fits(name: bytes, parts: Sequence[_Part]) -> bool:
    """Whether a name fits whole. Of several stars only the last is looked at again: no name takes long."""
    at = part = 0
    star: tuple[int, int] | None = None
    while at < len(name) or part < len(parts):
        wanted = parts[part] if part < len(parts) else None
        if isinstance(wanted, _Star):
            star, part = (at + 1, part), part + 1
        elif at < len(name) and (name[at] in wanted if isinstance(wanted, frozenset) else name[at] == wanted):
            at, part = at + 1, part + 1
        elif star is None or star[0] > len(name):
            return False
        else:
            at, part = star
    return True


def _is_plain(parts: Sequence[_Part]) -> bool:
    return all(isinstance(part, int) for part in parts)


def _plain(parts: Sequence[_Part]) -> bytes:
    return bytes(part for part in parts if isinstance(part, int))
