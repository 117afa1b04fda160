"""A plain line editor, and random bursts of keys as a terminal sends them: what inputs are held against."""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise

from atp_tui.ui.history import History

EDITING = {
    "backspace": "\x7f", "delete": "\x1b[3~", "left": "\x1b[D", "right": "\x1b[C", "home": "\x1b[H", "end": "\x1b[F",
    "to the start": "\x01", "to the end": "\x05", "delete right": "\x04", "delete word": "\x17",
    "delete all left": "\x15", "delete all right": "\x0b", "word left": "\x1b[1;5D", "word right": "\x1b[1;5C",
    "older": "\x1b[A", "newer": "\x1b[B", "enter": "\r",
}  # fmt: skip
"""What a person presses, and what xterm sends for it."""

TEXT = "aabbcdkqrtxyKP/:?!*0123  --..;日本é한e\u0301\u0308ß🙂"
"""Signs that mean something to other regions, wide ones and combining ones among them."""

_MEANT_AS_KEY = re.compile(r"![@\w]")
_WORD = re.compile(r"(?<=\W)\w")


@dataclass
class LineEditor:
    """What a line should be after each key, and what Enter should have run."""

    text: str = ""
    at: int = 0
    hidden: bool = False
    """Whether it is a password, which has no words: their keys go over all of it."""
    ran: list[str] = field(default_factory=list)
    history: History = field(default_factory=History)

    def insert(self, text: str) -> None:
        self._put(self.text[: self.at] + text + self.text[self.at :], self.at + len(text))

    def press(self, key: str) -> None:
        before, after = self.text[: self.at], self.text[self.at :]
        words = [match.start() for match in _WORD.finditer(before)]
        word = words[-1] if words and not self.hidden else 0
        following = None if self.hidden else _WORD.search(after)
        match key:
            case "backspace":
                self._put(before[:-1] + after, max(self.at - 1, 0))
            case "delete" | "delete right":
                self._put(before + after[1:], self.at)
            case "left":
                self.at = max(self.at - 1, 0)
            case "right":
                completed = None if after or not self.text else self.history.completion(self.text)
                self._put(completed or self.text, len(completed) if completed else min(self.at + 1, len(self.text)))
            case "home" | "to the start":
                self.at = 0
            case "end" | "to the end":
                self.at = len(self.text)
            case "delete word":
                self._put(before[:word] + after, word)
            case "delete all left":
                self._put(after, 0)
            case "delete all right":
                self._put(before, self.at)
            case "word left":
                self.at = word
            case "word right":
                self.at = self.at + following.start() if following else len(self.text)
            case "older" | "newer":
                line = self.history.older(self.text) if key == "older" else self.history.newer(self.text)
                self._put(line, len(line))
            case "enter" if _MEANT_AS_KEY.match(self.text.strip()):
                pass  # the `!` of the key: refused, and kept
            case "enter" if self.text.strip():
                self.ran.append(self.text.strip())
                self.history.add(self.text.rstrip())
                self._put("", 0)

    def _put(self, text: str, at: int) -> None:
        self.text, self.at = text, at


def burst(chance: random.Random, editor: LineEditor, length: int, *, without: Collection[str] = ()) -> str:
    """Random keys as a terminal sends them, but for those of EDITING that mean something else where they are sent;
    `editor` is what they should have led to."""
    sent: list[str] = []
    kinds = [kind for kind in EDITING if kind not in without]
    while len(sent) < length:
        kind = chance.choices(("text", "key", "paste"), (12, 9, 1))[0]
        if kind == "text":
            for sign in chance.choices(TEXT, k=chance.randint(1, 6)):
                editor.insert(sign)
                sent.append(sign)
        elif kind == "paste":
            pasted = "".join(chance.choices(TEXT, k=chance.randint(1, 9)))
            editor.insert(pasted)
            sent.append(f"\x1b[200~{pasted}\x1b[201~")
        else:
            key = chance.choice(kinds)
            for _ in range(chance.choice((1, 1, 1, 2, 6))):  # held down for a while
                editor.press(key)
                sent.append(EDITING[key])
    return "".join(sent)


def chunks(chance: random.Random, data: bytes) -> list[bytes]:
    """The same bytes as a line that stutters delivers them: cut anywhere, inside signs and sequences too."""
    cuts = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(chance.choice((0, 0, 1, 3, 9))))})
    return [data[start:end] for start, end in pairwise(cuts)]
