"""The options of a command's job as a person writes them, behind `run` and at the beginning of the screen's line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from ..model.delivery import check_user
from ..model.errors import ActionFailed
from ..model.message import told
from ..model.near import nearest
from ..model.say import Say
from .action import Value
from .job_word import HIGHEST, JobWord
from .waves import WAVE_WORDS

_PIECES = r"""(?:'[^']*'|"[^"]*"|\S)"""
"""A word of quoted and bare pieces, as a shell takes it; a quote without an end is a sign as any other."""

_OPTION = re.compile(rf"\s*(--[a-z][a-z-]*|--)(?:=({_PIECES}*))?(?=\s|$)", re.ASCII)
_WORD = re.compile(rf"\s*({_PIECES}+)")
_PIECE = re.compile(_PIECES)


JOB_WORDS: tuple[JobWord, ...] = (
    JobWord("--timeout", "timeout", float, "seconds for each host, connecting included", "S"),
    JobWord("--deadline", "deadline", float, "seconds for all hosts together: what has not begun then never runs", "S"),
    JobWord("--fanout", "fanout", int, "hosts at a time", "N", 1),
    JobWord("--per-host", "per_host", int, "commands at a time on one host, over all jobs (else 1)", "N", 1),
    JobWord("--per-jump", "per_jump", int, "hosts at a time behind one jump host, over all jobs (else 8)", "N", 1),
    JobWord(
        "--retry", "retries", int, "attempts more where the connection failed before the command began (else 0)", "N"
    ),
    JobWord("--retry-any", "retry_any", bool, "with --retry: also where the command had begun, and may run twice"),
    JobWord(
        "--priority", "priority", int,
        f"from -{HIGHEST} to {HIGHEST} (else 0): a job of a higher one starts first, among those of one program",
        "N", -HIGHEST,
    ),
    JobWord(
        "--spill", "spill", bool,
        "what hosts say that is more than is kept: write all of it to compressed files, which jobs show names",
    ),
    JobWord(
        "--when-back", "when_back", float,
        "for hosts that are not reached, leave the command waiting so long at most (24h): the screen, where it is open "
        "with the same hosts.toml, or 'jobs away' runs it once on each that connects", "SPAN", span=True,
    ),
)  # fmt: skip
"""All of them, by the order in which the help has them."""

SUDO = JobWord(
    "--sudo", "sudo", str, "as root, or as USER, by sudo there: its password is asked for where it wants one", "USER",
    check=check_user, bare="root",
)  # fmt: skip
"""As whom a command runs: it goes along with it, see Delivery."""

FAR_WORDS: tuple[JobWord, ...] = (
    JobWord("--login", "login", bool, "in the login shell as after a login: with its profile, and so its PATH"),
    JobWord("--tty", "tty", bool, "on a terminal made there: its output and its errors come as one"),
)
"""How a command runs there: they go along with it, see Delivery."""

ALL_WORDS = (*JOB_WORDS, *WAVE_WORDS, SUDO, *FAR_WORDS)
"""With those of waves, which have a field of their own in JobOptions."""


def taken(line: str, words: Sequence[JobWord] = ALL_WORDS, *, spill: bool = False) -> tuple[dict[str, Value], str]:
    """`--retry 2 --deadline 60 uname -r` as ({"retries": 2, "deadline": 60.0}, "uname -r").

    `spill` is what hosts.toml says of that option. What stands behind `--` is the command, as it is. Raises
    ActionFailed for an option that is none, or has no such value: no command begins with two dashes.
    """
    by_flag = {word.flag: word for word in words}
    found: dict[str, Value] = {"spill": True} if spill else {}
    rest = line
    while (option := _OPTION.match(rest)) is not None:
        flag, value, rest = option[1], option[2], rest[option.end() :]
        if flag == "--":
            break
        word = by_flag.get(flag)
        if word is None:
            near = nearest(flag, by_flag)
            raise ActionFailed(told(Say.NO_SUCH_OPTION, option=flag, near=" or ".join(near or by_flag)))
        if word.kind is bool:
            if value is not None:
                raise ActionFailed(told(Say.OPTION_HAS_NO_VALUE, option=flag))
            found[word.name] = True
            continue
        if word.bare and value is None:
            found[word.name] = word.bare
            continue
        if value is None and (next_word := _WORD.match(rest)):
            value, rest = next_word[1], rest[next_word.end() :]
        found[word.name] = _value(word, _unquoted(value or ""))
    return found, rest.strip()


def _value(word: JobWord, text: str) -> Value:
    try:
        return word.read(text)
    except ValueError as error:
        raise ActionFailed(told(Say.OPTION_WANTS, option=word.flag, wanted=str(error), given=text)) from None


def _unquoted(text: str) -> str:
    """A value without the quotes in it, which it has where there are blanks in it."""
    return _PIECE.sub(lambda piece: piece[0][1:-1] if len(piece[0]) > 1 else piece[0], text)


def written(options: Mapping[str, Value]) -> str:
    """The options as `taken` reads them, by the order of the help."""
    words: list[str] = []
    for word in ALL_WORDS:
        value = options.get(word.name)
        if value is True or (word.bare and value == word.bare):
            words.append(word.flag)
        elif word.bare and value:
            words.append(f"{word.flag}={shlex.quote(str(value))}")
        elif value is not None and value is not False:
            words += [word.flag, shlex.quote(_text_of(word, value))]
    return " ".join(words)


def _text_of(word: JobWord, value: Value) -> str:
    if word.span:
        return f"{float(value) / 60:.0f}m"
    return f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
