"""What storage tells that is no mistake."""

from __future__ import annotations


class Remark(str):
    """Words about a difference that harms nobody: for the program's log rather than for a person."""

    __slots__ = ()
