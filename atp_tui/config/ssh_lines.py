"""The lines of an ssh_config as OpenSSH splits them (readconf.c, misc.c), and the files that they include."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER_DIRECTORY = "~/.ssh"
"""Where a relative Include of a user's file starts, whatever directory the file itself is in."""

DEEPEST_INCLUDE = 16
"""OpenSSH's READCONF_MAX_DEPTH: it gives up on the whole file beyond."""

MOST_FILES = 4096
"""Files that one ssh_config may include, one that is included twice counted twice. OpenSSH has no such limit."""

_BLANK = " \t\r\n"

_ESCAPE_OR_SET = re.compile(r"\\(.)|(\[!?\]?(?:\[:[a-z]+:\]|[^\]])*\])")
_CLASS = re.compile(r"\[:([a-z]+):\]")
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": "\1-\x1f\x7f",
    "digit": "0-9",
    "graph": '"-.0-~!',
    "lower": "a-z",
    "print": '"-.0-~! ',
    "punct": ":-@[-`{-~!-.",
    "space": " \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
"""Classes of characters in the sets of a pattern, as Python's sets have them: none begins with what means another thing
there, and none has the /, at which a pattern is parted."""


class TooDeep(Exception):
    """Includes without an end, in `words`; its text has file and line before them. `line` is the Include that went too
    far."""

    def __init__(self, line: Line, words: str) -> None:
        super().__init__(f"{line.place}: {words}")
        self.line = line
        self.words = words


@dataclass(frozen=True, slots=True)
class Line:
    """A line that says something: `keyword` in lower case, `rest` as it stands after it, comments included."""

    file: Path
    number: int
    keyword: str
    rest: str

    @property
    def place(self) -> str:
        return f"{self.file} line {self.number}"

    def words(self) -> list[str]:
        """The arguments. Raises ValueError for a quote without its end."""
        return split_words(self.rest)


def split_words(text: str, *, comments: bool = True) -> list[str]:
    """OpenSSH's argv_split (8.7 on): quotes of both kinds, four escapes, and where there are `comments`, `#` at the
    start of a word ends the line.

    Raises ValueError for a quote without its end.
    """
    words: list[str] = []
    at, end = 0, len(text)
    while at < end:
        if text[at] in " \t":
            at += 1
            continue
        if comments and text[at] == "#":
            break
        word, quote = "", ""
        while at < end:
            letter, after = text[at], text[at + 1 : at + 2]
            if letter == "\\" and after and (after in "'\"\\" or (after == " " and not quote)):
                word += after
                at += 1
            elif not quote and letter in " \t":
                break
            elif not quote and letter in "'\"":
                quote = letter
            elif letter == quote:
                quote = ""
            else:
                word += letter
            at += 1
        if quote:
            raise ValueError("invalid quotes")
        words.append(word)
    return words


def split_line(raw: str) -> tuple[str, str] | None:
    """Keyword in lower case and the rest, between which one `=` may stand; None for a line that says nothing."""
    text = raw.rstrip(_BLANK + "\f").lstrip(_BLANK)
    if not text or text.startswith("#"):
        return None
    if text.startswith('"'):  # strdelim: a keyword may stand in quotes
        keyword, _, rest = text[1:].partition('"')
    else:
        length = next((at for at, letter in enumerate(text) if letter in _BLANK + '="'), len(text))
        keyword, rest = text[:length], text[length:]
    rest = rest.lstrip(_BLANK)
    if rest.startswith("="):
        rest = rest[1:].lstrip(_BLANK)
    return keyword.lower(), rest


def read_lines(file: Path) -> list[Line]:
    """The lines of one file; a directory has none. Bytes that are no UTF-8 come as surrogate escapes.

    Raises OSError, for a pipe or a device as well: to read one could take for ever.
    """
    status = file.stat()
    if stat.S_ISDIR(status.st_mode):
        return []
    if not stat.S_ISREG(status.st_mode) and not file.samefile(os.devnull):
        raise OSError(22, "neither a file nor /dev/null", str(file))
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    lines = []
    for number, raw in enumerate(text.split("\n"), 1):
        split = split_line(raw.partition("\0")[0])
        if split is not None:
            lines.append(Line(file, number, *split))
    return lines


def included(pattern: str, directory: Path) -> list[Path]:
    """The files of one argument of Include, in their order. `directory` is where a relative one starts."""
    return [Path(name) for name in sorted(glob.glob(included_pattern(pattern, directory)))]


def included_pattern(pattern: str, directory: Path) -> str:
    """The argument of Include as an absolute pattern of Python's, without escapes and without `[[:digit:]]`."""
    return _ESCAPE_OR_SET.sub(_for_python, str(directory / os.path.expanduser(pattern)))


def _for_python(found: re.Match[str]) -> str:
    escaped, letters = found.groups()
    if letters is not None:
        inner = _CLASS.sub(lambda name: _CLASSES.get(name[1], name[0]), letters[1:-1])  # `[:digit:]` is a set of signs
        return f"[{inner}]"
    return f"[{escaped}]" if glob.has_magic(escaped) else escaped


class Walk:
    """Follows the Includes of one ssh_config, as deep as OpenSSH would. One object for one reading."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files: list[Path] = []
        self.patterns: list[str] = []

    def below(self, line: Line, depth: int) -> Iterator[Path]:
        """The files that an Include names, `depth` Includes deep. Raises TooDeep, ValueError as Line.words.

        What is not there is passed over, as OpenSSH does.
        """
        for pattern in line.words():
            self.patterns.append(included_pattern(pattern, self.directory))
            for file in included(pattern, self.directory):
                if depth >= DEEPEST_INCLUDE:
                    raise TooDeep(line, f"{file} is included too deep (beyond {DEEPEST_INCLUDE} Includes): a circle?")
                if len(self.files) >= MOST_FILES:
                    raise TooDeep(line, f"more than {MOST_FILES} files are included: a circle?")
                yield file

    def lines(self, file: Path, depth: int = 0) -> Iterator[Line]:
        """All lines, those of included files in the place of their Include. Raises TooDeep, and OSError for `file` and
        for an included one that is there and cannot be read: OpenSSH gives up on the whole."""
        self.files.append(file)
        for line in read_lines(file):
            if line.keyword != "include":
                yield line
                continue
            try:
                files = list(self.below(line, depth))
            except ValueError:
                yield line
                continue
            for name in files:
                try:
                    yield from self.lines(name, depth + 1)
                except FileNotFoundError:
                    continue
