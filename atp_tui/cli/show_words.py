"""The words of `run` for how it shows what comes back. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..model.data_class import dataclass


@dataclass(frozen=True, slots=True)
class ShowWords:
    """What `run` was told, besides --json and --gather, which `jobs` has too."""

    jsonl: bool = False
    quiet: bool = False
    label: bool = True
    output: Path | None = None
    overwrite: bool = False


def add_showing(run: argparse.ArgumentParser, *, files: bool = True) -> None:
    """Add the words to those of `run`. `files`: output may go into files."""
    run.add_argument(
        "--jsonl", action="store_true", help="print a JSON object a line for each host as it ends, as in --json"
    )
    run.add_argument(
        "--quiet",
        action="store_true",
        help="show no output, only how hosts ended that did not go well, and why waves were stopped",
    )
    run.add_argument(
        "--label", action=argparse.BooleanOptionalAction, help="the host's id before each line, or not (default: it is)"
    )
    if not files:
        return
    run.add_argument(
        "--output",
        type=_folder,
        metavar="DIR",
        help="write HOST.out and HOST.err there, as the bytes come, and show none of it; DIR is made, or empty",
    )
    run.add_argument("--overwrite", action="store_true", help="with --output: put away what DIR has of these hosts")


def _folder(text: str) -> Path:
    if not text:  # a variable that is not set
        raise argparse.ArgumentTypeError("no directory is named")
    return Path(text)


def show_words_of(found: argparse.Namespace) -> ShowWords:
    """What was told; the defaults for another verb."""
    if found.verb not in ("run", "push", "pull"):
        return ShowWords()
    output, overwrite = getattr(found, "output", None), getattr(found, "overwrite", False)
    return ShowWords(found.jsonl, found.quiet, found.label is not False, output, overwrite)


def contradiction(found: argparse.Namespace) -> str | None:
    """Why the words of `run` make no sense together; None where they do."""
    forms = [name for name in ("json", "jsonl", "gather", "output", "quiet") if getattr(found, name, None)]
    if forms[:2] == ["json", "gather"]:
        return "--json has the answer of each host, and --gather joins them: leave one out"
    if getattr(found, "overwrite", False) and found.output is None:
        return "--overwrite belongs to --output DIR"
    if len(forms) > 1 and forms != ["output", "quiet"]:
        return f"--{forms[0]} and --{forms[1]} are two ways to show a run: leave one out"
    if forms and found.label is not None:
        return f"--label and --no-label are about lines as they come, which --{forms[0]} does not show: leave one out"
    return None
