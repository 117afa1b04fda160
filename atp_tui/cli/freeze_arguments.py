"""The words of `atp-tui freeze` and `atp-tui thaw`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..model.data_class import dataclass
from ..model.freeze import ALL


@dataclass(frozen=True, slots=True)
class FreezeWords:
    """The set, and of a freeze until when and why; "" for what was not given."""

    words: str = ""
    until: str = ""
    reason: str = ""


def add_freeze(
    verb: Callable[..., argparse.ArgumentParser], shared: argparse.ArgumentParser, as_json: argparse.ArgumentParser
) -> None:
    """Add both to the verbs of the program; `verb` makes one that the help lists."""
    freeze = verb("freeze", "change nothing until a moment, on all hosts or some; without words, list", shared, as_json)
    _set(freeze)
    freeze.add_argument("--until", default="", metavar="MOMENT", help="2026-12-02T06:00, local time without a zone")
    freeze.add_argument("--reason", default="", metavar="TEXT", help="what everybody is told who is held back")
    thaw = verb("thaw", "end a freeze before its time", shared)
    _set(thaw)
    thaw.add_argument("--yes", action="store_true", help="do not ask where another person has frozen them")


def freeze_words_of(found: argparse.Namespace) -> FreezeWords | None:
    """What was given to one of both; None for another verb."""
    if found.verb not in ("freeze", "thaw"):
        return None
    return FreezeWords(found.frozen_set or "", getattr(found, "until", ""), getattr(found, "reason", ""))


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "frozen_set",
        nargs="?",
        metavar="SET",
        help=f"ids, kvm[01-18], @tag, a set, commas between (else all: {ALL})",
    )
