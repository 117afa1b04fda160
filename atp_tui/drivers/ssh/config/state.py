"""The files behind an answer: whether they have changed, and which hosts must get the same one.

This reading is a light one, and only saves questions. Whatever is not plain to it is asked about host by host.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ....config.ssh_glob import Pattern
from ....config.ssh_lines import USER_DIRECTORY, Line, TooDeep, Walk
from ..wildcards import small
from .keywords import known_name
from .match import matches_host_line, matches_list
from .said import FILES

_JUST_NOW = 20_000_000
"""Nanoseconds: a second change of a file in one tick of the kernel's clock (up to 10 ms) leaves its times alone."""

Stamp = tuple[tuple[int, int, int, int] | tuple[Path, ...] | None, ...]
"""What a change of the files changes: of each its time of change, size and inode, and the names that patterns find."""

_CHANGING = ("exec", "localnetwork", "canonical")
"""Words of conditions that depend on more than the files: programs, the network, the name service."""

_LATE = frozenset({"identityfile", "certificatefile", "proxycommand", "revokedhostkeys", "knownhostscommand"})
_UNUSED = frozenset({"controlpath", "localcommand", "remotecommand", "localforward", "remoteforward", "setenv"})
"""Keywords whose tokens are replaced later, by us, and those that play no part here."""

_OF_NAMES = frozenset({"host", "originalhost"})
_OF_USERS = frozenset({"user", "localuser"})

_PLAIN = re.compile(r"[A-Za-z0-9._*?!:% \t-]+")
_WILD = re.compile(r"[*?!]")


@dataclass(frozen=True)
class FileState:
    """The files as they were read once. `lasting`: an answer is good until they change. `common`: hosts for which the
    same Host lines count get the same answer, HostName's %h apart; `names` are the values of HostName. `late` are the
    keywords of _LATE with tokens in a line, `lists` the lines that name several files."""

    files: tuple[Path, ...]
    patterns: tuple[Pattern, ...]
    stamp: Stamp
    empty: bool = False
    lasting: bool = True
    common: bool = True
    names: tuple[str, ...] = ()
    late: frozenset[str] = frozenset()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    _literal: dict[str, list[int]] = field(default_factory=dict)
    _wild: tuple[tuple[int, tuple[str, ...]], ...] = ()
    _conditions: tuple[str, ...] = ()

    def is_current(self) -> bool:
        """Whether the files are still the same. Some look-ups in the file system."""
        return _stamp(self.files, self.patterns) == self.stamp

    def blocks_of(self, name: str) -> Hashable:
        """Which Host lines count for a name, and which patterns of Match fit it or what HostName may make of it."""
        wild = (number for number, patterns in self._wild if matches_host_line(name, patterns))
        blocks = frozenset([*self._literal.get(name, ()), *wild])
        if not self._conditions:
            return blocks
        names = [name, *(text.replace("%h", name) for text in self.names)]
        fits = (matches_list(small(one), condition) for condition in self._conditions for one in names)
        return blocks, tuple(fits)


def read_state(config_file: Path | None, system_file: Path) -> FileState:
    """Read the files that count. Raises nothing: what cannot be read is the judge's to tell."""
    user = Path(os.path.expanduser(USER_DIRECTORY))
    own, system = Walk(user), Walk(system_file.parent, of_user=False)
    tops = [(config_file, own)] if config_file else [(user / "config", own), (system_file, system)]
    begun = time.time_ns()
    files: list[Path] = []
    patterns: list[Pattern] = []
    lines: list[Line] = []
    plain = True
    for file, walk in tops:
        try:
            lines += walk.lines(file)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, TooDeep):
            plain = False
        files += walk.files
        patterns += walk.patterns
    unique = tuple(dict.fromkeys(files)), tuple(dict.fromkeys(patterns))
    state = replace(_state(*unique, lines, plain), lists=tuple(_lists(lines)))
    newest = max((entry[0] for entry in state.stamp if entry and isinstance(entry[0], int)), default=0)
    if newest > begun - _JUST_NOW:  # it may have changed since, with the same stamp
        return replace(state, lasting=False, common=False)
    return state


def _state(files: tuple[Path, ...], patterns: tuple[Pattern, ...], lines: Sequence[Line], plain: bool) -> FileState:
    stamp = _stamp(files, patterns)
    # an Include may have tokens and variables of newer versions in it: then there are files that were not read here
    lasting = plain and not any("%" in pattern.text or "$" in pattern.text for pattern in patterns)
    lasting = lasting and not any(word in f"{line.keyword} {line.rest}".lower() for line in lines for word in _CHANGING)
    common = lasting and all(_is_plain(line) for line in lines)
    if not common:
        return FileState(files, patterns, stamp, not lines and plain, lasting, common=False)
    literal: dict[str, list[int]] = {}
    wild = []
    for number, line in enumerate(lines):
        words = line.rest.split() if line.keyword == "host" else []
        if any(_WILD.search(word) for word in words):
            wild.append((number, tuple(words)))
        else:
            for word in words:
                literal.setdefault(word, []).append(number)
    late = frozenset(line.keyword for line in lines if line.keyword in _LATE and "%" in line.rest)
    names = tuple(dict.fromkeys(line.rest for line in lines if line.keyword == "hostname"))
    matched = [_conditions(line.rest) or [] for line in lines if line.keyword == "match"]
    conditions = tuple(dict.fromkeys(small(patterns) for found in matched for patterns in found))
    return FileState(files, patterns, stamp, not lines, True, True, names, late, (), literal, tuple(wild), conditions)


def _lists(lines: Sequence[Line]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines that name files which ssh prints in one line: each its keyword and its words."""
    for line in lines:
        name = known_name(line.keyword)
        if name in FILES:
            with contextlib.suppress(ValueError):
                yield name, tuple(line.words())


def _is_plain(line: Line) -> bool:
    """Whether nobody could read this line in another way, and it says the same to all for whom its block counts."""
    rest = line.rest
    if line.keyword == "include":  # one that could not be followed
        return False
    if line.keyword == "match":
        return _conditions(rest) is not None
    if line.keyword == "host":
        return _PLAIN.fullmatch(rest) is not None and "%" not in rest
    if line.keyword == "hostname":
        return _PLAIN.fullmatch(rest) is not None and "%" not in rest.replace("%h", "")
    if not line.keyword.isalpha():
        return line.keyword.isalnum()
    return "%" not in rest or line.keyword in _LATE or line.keyword in _UNUSED


def _conditions(rest: str) -> list[str] | None:
    """The patterns of a Match line that a name is held against; None: it asks about more than names and users.

    A user needs no look: hosts for which the same lines counted so far have the same.
    """
    words = rest.split()
    if not words or _PLAIN.fullmatch(rest.replace(",", "")) is None or "%" in rest:
        return None
    if rest == "all":
        return []
    pairs = list(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or any(name.lstrip("!").lower() not in _OF_NAMES | _OF_USERS for name, _ in pairs):
        return None
    return [patterns for name, patterns in pairs if name.lstrip("!").lower() in _OF_NAMES]


def _stamp(files: Sequence[Path], patterns: Sequence[Pattern]) -> Stamp:
    stamps: list[tuple[int, int, int, int] | tuple[Path, ...] | None] = [_status(file) for file in files]
    for pattern in patterns:
        directory = pattern.only_directory()
        # a name that comes or goes changes its directory
        stamps.append(tuple(pattern.files()) if directory is None else _status(directory))
    return tuple(stamps)


def _status(path: str | Path) -> tuple[int, int, int, int] | None:
    """With the inode's own time of change, which no program can set back, as `rsync -t` sets back the other one."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
