"""The options of a command's job as a person writes them, behind `run` and at the beginning of the screen's line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.near import nearest
from ..model.say import Say
from .action import Argument, Value

HIGHEST = 100
"""Priorities go from that below 0 to that above."""

_OPTION = re.compile(r"\s*(--[a-z][a-z-]*|--)(?:=(\S*))?(?=\s|$)", re.ASCII)
_WORD = re.compile(r"\s*(\S+)")
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class JobWord:
    """One option. `name` is its field in executor.spec.JobOptions, `least` the lowest value that makes sense.

    A word of the kind bool has no value: it is there, or not. A number of the kind float is one of seconds, above 0.
    """

    flag: str
    name: str
    kind: type[Value]
    help: str
    metavar: str = ""
    least: int = 0

    @property
    def argument(self) -> Argument:
        """The same for the registry."""
        return Argument(self.name, self.help, kind=self.kind, required=False)

    def read(self, text: str) -> Value:
        """The value of a text. Raises ValueError, which says what would be right."""
        if self.kind is float:
            if _SECONDS.fullmatch(text) and math.isfinite(seconds := float(text)) and seconds > 0:
                return seconds
            raise ValueError("a number of seconds above 0")
        if _WHOLE.fullmatch(text) and self.least <= (number := int(text)) <= self.most:
            return number
        raise ValueError(
            f"a whole number from {self.least} to {self.most}"
            if self.most < 10**6
            else f"a whole number of {self.least} or more"
        )

    @property
    def most(self) -> int:
        """The highest value."""
        return HIGHEST if self.name == "priority" else 10**6


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
)  # fmt: skip
"""All of them, by the order in which the help has them."""

_BY_FLAG: Mapping[str, JobWord] = {word.flag: word for word in JOB_WORDS}


def taken(line: str) -> tuple[dict[str, Value], str]:
    """`--retry 2 --deadline 60 uname -r` as ({"retries": 2, "deadline": 60.0}, "uname -r").

    What stands behind `--` is the command, as it is. Raises ActionFailed for an option that is none, or has no such
    value: no command begins with two dashes.
    """
    found: dict[str, Value] = {}
    rest = line
    while (option := _OPTION.match(rest)) is not None:
        flag, value, rest = option[1], option[2], rest[option.end() :]
        if flag == "--":
            break
        word = _BY_FLAG.get(flag)
        if word is None:
            near = nearest(flag, _BY_FLAG)
            raise ActionFailed(told(Say.NO_SUCH_OPTION, option=flag, near=" or ".join(near or _BY_FLAG)))
        if word.kind is bool:
            if value is not None:
                raise ActionFailed(told(Say.OPTION_HAS_NO_VALUE, option=flag))
            found[word.name] = True
            continue
        if value is None and (next_word := _WORD.match(rest)):
            value, rest = next_word[1], rest[next_word.end() :]
        found[word.name] = _value(word, value or "")
    return found, rest.strip()


def _value(word: JobWord, text: str) -> Value:
    try:
        return word.read(text)
    except ValueError as error:
        raise ActionFailed(told(Say.OPTION_WANTS, option=word.flag, wanted=str(error), given=text)) from None
