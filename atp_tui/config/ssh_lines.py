"""The lines of an ssh_config as OpenSSH splits them (readconf.c, misc.c), and the files that they include."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..model.data_class import dataclass
from .ssh_glob import Pattern

USER_DIRECTORY = "~/.ssh"
"""Where a relative Include of a user's file starts, whatever directory the file itself is in."""

DEEPEST_INCLUDE = 16
"""OpenSSH's READCONF_MAX_DEPTH: it gives up on the whole file beyond."""

MOST_FILES = 4096
"""Files that one ssh_config may include, one that is included twice counted twice. OpenSSH has no such limit."""

_BLANK = " \t\r\n"


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
        word: list[str] = []
        quote = ""
        while at < end:
            letter, after = text[at], text[at + 1 : at + 2]
            if letter == "\\" and after and (after in "'\"\\" or (after == " " and not quote)):
                word.append(after)
                at += 1
            elif not quote and letter in " \t":
                break
            elif not quote and letter in "'\"":
                quote = letter
            elif letter == quote:
                quote = ""
            else:
                word.append(letter)
            at += 1
        if quote:
            raise ValueError("invalid quotes")
        words.append("".join(word))
    return words


def split_line(raw: str) -> tuple[str, str] | None:
    """Keyword in lower case and the rest, between which one `=` may stand; None for a line that says nothing."""
    text = raw.rstrip(_BLANK + "\f").lstrip(_BLANK)
    if not text or text.startswith("#"):
        return None
    if text.startswith('"'):  # a keyword may stand in quotes
        keyword, _, rest = text[1:].partition('"')
        return keyword.lower(), rest.lstrip(_BLANK)  # strdelim passes over no `=` here
    length = next((at for at, letter in enumerate(text) if letter in _BLANK + '="'), len(text))
    keyword, rest = text[:length], text[length:]
    rest = rest.lstrip(_BLANK)
    if rest.startswith("="):
        rest = rest[1:].lstrip(_BLANK)
    return keyword.lower(), rest


def read_lines(file: Path) -> list[Line]:
    """The lines of one file; a directory has none. Bytes that are no UTF-8 come as surrogate escapes.

    Raises OSError for what may not be opened, be it a directory, and for a pipe or a device: to read one could take for
    ever.
    """
    status = file.stat()
    if stat.S_ISDIR(status.st_mode):
        os.close(os.open(file, os.O_RDONLY))
        return []
    if not stat.S_ISREG(status.st_mode) and not file.samefile(os.devnull):
        raise OSError(22, "neither a file nor /dev/null", str(file))
    return lines_of(file.read_text(encoding="utf-8", errors="surrogateescape"), file)


def lines_of(text: str, file: Path) -> list[Line]:
    """The lines of the text that stands in `file`."""
    lines = []
    for number, raw in enumerate(text.split("\n"), 1):
        split = split_line(raw.partition("\0")[0])
        if split is not None:
            lines.append(Line(file, number, *split))
    return lines


class Walk:
    """Follows the Includes of one ssh_config, as deep as OpenSSH would. One object for one reading.

    `directory` is where a relative one starts. `of_user`: it is a user's file, whose Includes may begin with `~`.
    """

    def __init__(self, directory: Path, *, of_user: bool = True) -> None:
        self.directory = directory
        self.of_user = of_user
        self.files: list[Path] = []
        self.patterns: list[Pattern] = []

    def below(self, line: Line, depth: int) -> Iterator[Path]:
        """The files that an Include names, `depth` Includes deep; what is not there is passed over, as OpenSSH does.

        Raises TooDeep, and ValueError for a line that OpenSSH does not take.
        """
        if not line.rest:
            raise ValueError(f'no argument after keyword "{line.keyword}"')
        for word in line.words():
            if not word:
                raise ValueError(f"keyword {line.keyword} empty argument")
            if word.startswith("~") and not self.of_user:
                raise ValueError(f"bad include path {word}.")
            pattern = Pattern(word, self.directory)
            self.patterns.append(pattern)
            for file in pattern.files():
                if depth >= DEEPEST_INCLUDE:
                    raise TooDeep(line, f"{file} is included too deep (beyond {DEEPEST_INCLUDE} Includes): a circle?")
                if len(self.files) >= MOST_FILES:
                    raise TooDeep(line, f"more than {MOST_FILES} files are included: a circle?")
                yield file

    def lines(self, file: Path, depth: int = 0) -> Iterator[Line]:
        """All lines, those of included files in the place of their Include. Raises TooDeep, and OSError for `file` and
        for an included one that is there and cannot be read: OpenSSH gives up on the whole."""
        self.files.append(file)
        yield from self.followed(read_lines(file), depth)

    def followed(self, lines: Iterable[Line], depth: int = 0) -> Iterator[Line]:
        """These lines, and those of the files that they include. Raises as `lines` does."""
        for line in lines:
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
