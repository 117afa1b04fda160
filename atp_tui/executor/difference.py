"""What one answer says differently from another one: lines, and in lines that stand for each other, words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

DIFF_LINES = 12
"""A difference longer than this is no longer read at a glance."""

_DIFFED_BYTES = 64 << 10

_DIFFED_LINES = 1000
"""Lines cost more than bytes: 32,000 short ones that repeat took 2.3 s, a thousand 0.02 s at worst."""

_DIFFED_WORDS = 120
"""Of a line: one of more words is told whole, since the time grows with the square of them."""

_LEAST_ALIKE = 0.3
"""The part of two lines that has to be the same for one to stand for the other."""

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)

Piece = tuple[str, bytes]
"""`-`: the other answer has it; `+`: this one has it; a blank: both have it."""

Change = tuple[Piece, ...]
"""One line: whole, with one sign, or in pieces where only some of its words differ."""


def changes(output: bytes, reference: bytes) -> list[Change]:
    """How an output differs from another one, DIFF_LINES at most.

    Empty where nothing differs, and where one of the outputs is too long to compare at a glance.
    """
    if max(len(output), len(reference)) > _DIFFED_BYTES:
        return []
    if max(output.count(b"\n"), reference.count(b"\n")) > _DIFFED_LINES:
        return []
    found: list[Change] = []
    there, here = _text(reference), _text(output)
    for what, a, b, c, d in SequenceMatcher(None, there, here).get_opcodes():
        if len(found) >= DIFF_LINES:
            break
        if what != "equal":
            found += _of_lines(there[a:b], here[c:d])
    return found[:DIFF_LINES]


def _of_lines(there: Sequence[str], here: Sequence[str]) -> Iterator[Change]:
    """Lines of which each stands for one of the others as far as they go, the rest gone or new."""
    for number in range(max(len(there), len(here))):
        before = there[number] if number < len(there) else None
        after = here[number] if number < len(here) else None
        pieces = _words(before, after) if before is not None and after is not None else ()
        if pieces:
            yield pieces
            continue
        if before is not None:
            yield (("-", _bytes(before)),)
        if after is not None:
            yield (("+", _bytes(after)),)


def _words(before: str, after: str) -> Change:
    """One line with the words in which they differ; none where they have too little in common, or too many words."""
    there, here = _WORD.findall(before), _WORD.findall(after)
    if max(len(there), len(here)) > _DIFFED_WORDS:
        return ()
    matcher = SequenceMatcher(None, there, here, autojunk=False)
    pieces: list[Piece] = []
    same = 0
    for what, a, b, c, d in matcher.get_opcodes():
        gone, new = "".join(there[a:b]), "".join(here[c:d])
        if what == "equal":
            same += len(gone.strip())
            pieces.append((" ", _bytes(gone)))
        else:
            pieces += [(sign, _bytes(text)) for sign, text in (("-", gone), ("+", new)) if text]
    return tuple(pieces) if same > _LEAST_ALIKE * max(len(before), len(after)) else ()


# latin-1 maps each byte to one character and back: nothing is lost and nothing can fail


def _text(output: bytes) -> Sequence[str]:
    return output.decode("latin-1").split("\n")


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")
