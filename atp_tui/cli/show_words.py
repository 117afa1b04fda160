"""The words of `run` for how it shows what comes back. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShowWords:
    """What `run` was told, besides --json and --gather, which `jobs` has too."""

    jsonl: bool = False
    quiet: bool = False
    label: bool = True


def add_showing(run: argparse.ArgumentParser) -> None:
    """Add the words to those of `run`."""
    run.add_argument(
        "--jsonl", action="store_true", help="print a JSON object a line for each host as it ends, as in --json"
    )
    run.add_argument("--quiet", action="store_true", help="show no output, only how hosts ended that did not go well")
    run.add_argument(
        "--label", action=argparse.BooleanOptionalAction, help="the host's id before each line, or not (default: it is)"
    )


def show_words_of(found: argparse.Namespace) -> ShowWords:
    """What was told; the defaults for another verb."""
    if found.verb != "run":
        return ShowWords()
    return ShowWords(found.jsonl, found.quiet, found.label is not False)


def contradiction(found: argparse.Namespace) -> str | None:
    """Why the words of `run` make no sense together; None where they do."""
    forms = [name for name in ("json", "jsonl", "gather", "quiet") if getattr(found, name)]
    if forms[:2] == ["json", "gather"]:
        return "--json has the answer of each host, and --gather joins them: leave one out"
    if len(forms) > 1:
        return f"--{forms[0]} and --{forms[1]} are two ways to show a run: leave one out"
    if forms and found.label is not None:
        return f"--label and --no-label are about lines as they come, which --{forms[0]} does not show: leave one out"
    return None
