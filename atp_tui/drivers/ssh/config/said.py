"""A question about a host, and what ssh_config answers. Pure: the text of `ssh -G` in, values out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from ....model.causes import Cause
from ....model.data_class import dataclass
from ....model.errors import ConnectFailed

Values = Mapping[str, tuple[str, ...]]
"""Keyword in lower case to its values, in the order in which they count. A keyword that is not there was not said."""

SEVERAL = frozenset({"identityfile", "certificatefile", "sendenv", "setenv"})
"""Keywords of which every line counts; of the others the first does. `ssh -G` prints one value a line for these."""

FILES = frozenset({"userknownhostsfile", "globalknownhostsfile"})
"""Keywords of one line with several paths."""


_REPLACED = re.compile(r"%.|\$\{[^}]*\}|~[^/]*", re.DOTALL)
_PARTS = re.compile(rf"^~[^/]*|{_REPLACED.pattern.rpartition('|')[0]}|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """A host as it would stand on ssh's command line. `config_file` None: the user's file, then the system's.

    `lenient`: hosts.toml describes the host wholly, so that a line which is not understood is passed over, unless it
    is about the way there.
    """

    host: str
    user: str | None = None
    port: int | None = None
    config_file: Path | None = None
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What the files say of one host, OpenSSH's defaults left out.

    `expanded` are the keywords of which tokens and `~` are expanded already. `jump_hashed`: %C has the jump host in it
    (OpenSSH 9.3 on). `home` is what `~` and %d stand for. `note` is what a person should know of the files.
    """

    values: Values = field(default_factory=dict)
    expanded: frozenset[str] = frozenset()
    jump_hashed: bool = True
    home: str = field(default_factory=lambda: os.path.expanduser("~"))
    note: str = ""

    def first(self, keyword: str) -> str | None:
        """The value of a keyword; None: not said."""
        return next(iter(self.values.get(keyword, ())), None)

    def every(self, keyword: str) -> tuple[str, ...] | None:
        """All values of a keyword; None: not said. `none` alone is an empty list."""
        values = self.values.get(keyword)
        return () if values is not None and [value.lower() for value in values] == ["none"] else values

    def yes(self, keyword: str, default: bool) -> bool:
        """A keyword that is on or off; each version of OpenSSH has other words for it."""
        value = self.first(keyword)
        return default if value is None else value.lower() not in ("no", "false", "none", "off")


class ConfigBroken(ConnectFailed):
    """ssh_config cannot be understood where it matters for a host."""

    KIND = Cause.SSH_CONFIG

    def __init__(self, words: str, *, permanent: bool = True) -> None:
        super().__init__("".join(letter if letter.isprintable() else "?" for letter in words), permanent=permanent)


def parse_dump(text: bytes) -> dict[str, tuple[str, ...]]:
    """What `ssh -G` printed, defaults included."""
    values: dict[str, tuple[str, ...]] = {}
    for line in os.fsdecode(text).split("\n"):
        keyword, _, value = line.partition(" ")
        keyword = keyword.lower()
        if not keyword:
            continue
        if keyword in FILES:
            values[keyword] = _paths(value)
        elif keyword in SEVERAL:
            values[keyword] = (*values.get(keyword, ()), value)
        else:
            values.setdefault(keyword, (value,))
    return values


def without_defaults(values: Values, defaults: Values) -> dict[str, tuple[str, ...]]:
    """What differs from the answer of an empty file: saying a default aloud is the same as saying nothing."""
    return {keyword: value for keyword, value in values.items() if defaults.get(keyword) != value}


def with_files_as_written(said: Said, lines: Sequence[tuple[str, tuple[str, ...]]]) -> Said:
    """The same with the paths of FILES parted as a line of the files has them: each of `lines` is a keyword and its
    words. What ssh prints does not tell `a b` from two relative paths, nor `/a /b` from two files."""
    values = dict(said.values)
    for keyword in FILES & values.keys():
        printed = " ".join(values[keyword])
        matches = (_printed_of(words).fullmatch(printed) for name, words in lines if name == keyword)
        found = {match.groups() for match in matches if match}
        if len(found) == 1:  # else no line is known to be the one, and the first look at the paths counts
            values[keyword] = found.pop()
    return replace(said, values=values)


def _printed_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """What ssh may print for the words of a line: tokens, variables and `~` may be anything there."""
    parts = (
        "".join(_printed_part(part) if _REPLACED.fullmatch(part) else re.escape(part) for part in _PARTS.findall(word))
        for word in words
    )
    return re.compile(" ".join(f"({part})" for part in parts), re.DOTALL)


def _printed_part(part: str) -> str:
    """What may stand for a token, a variable or `~`: a blank in those alone that can have one."""
    return "[^ ]*?" if part[0] == "%" and part not in ("%d", "%r", "%u") else ".*?"


def _paths(line: str) -> tuple[str, ...]:
    """ssh prints the paths with spaces between them and quotes none, so a space may belong to one: what does not begin
    like a path belongs to the one before."""
    paths: list[str] = []
    for word in line.split(" "):
        if paths and not word.startswith(("/", "~", "%", "$")):
            paths[-1] += " " + word
        else:
            paths.append(word)
    return tuple(paths)
