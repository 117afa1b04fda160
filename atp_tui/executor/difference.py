"""What one answer says differently from another one."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff

DIFF_LINES = 12
"""A difference longer than this is no longer read at a glance."""

_DIFFED_BYTES = 64 << 10

_DIFFED_LINES = 1000
"""Lines cost more than bytes: 32,000 short ones that repeat took 2.3 s, a thousand 0.02 s at worst."""


def diff(output: bytes, reference: bytes) -> list[bytes]:
    """How an output differs from another one: lines with `+ ` or `- ` before them, DIFF_LINES at most.

    Empty where nothing differs, and where one of the outputs is too long to compare at a glance.
    """
    if max(len(output), len(reference)) > _DIFFED_BYTES:
        return []
    if max(output.count(b"\n"), reference.count(b"\n")) > _DIFFED_LINES:
        return []
    # latin-1 maps each byte to one character and back: nothing is lost and nothing can fail
    changes = [
        line for line in unified_diff(_text(reference), _text(output), n=0, lineterm="") if line[:1] in ("+", "-")
    ]
    # the first two are the file headers
    return [f"{line[0]} {line[1:]}".encode("latin-1") for line in changes[2 : 2 + DIFF_LINES]]


def _text(output: bytes) -> Sequence[str]:
    return output.decode("latin-1").split("\n")
