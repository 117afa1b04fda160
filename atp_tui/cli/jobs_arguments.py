"""The words of `atp-tui jobs …`: what was run before, shown, run again and forgotten."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from ..actions.waves import WAVE_WORDS
from .job_words import add_job_words

MASKS_GATHERED = "--mask is about what --gather joins: add --gather"

_JOB = "its number, the beginning of its id, or last"
_SPAN = re.compile(r"(\d{1,6})([hdw])", re.ASCII)
_SECONDS = {"h": 3_600.0, "d": 86_400.0, "w": 604_800.0}

WHICH = {
    "failed": "the hosts on which it did not go well (the default)",
    "ok": "the hosts on which it went well",
    "notrun": "the hosts that it never came to, and those that had not answered when their program ended",
    "same": "all of its hosts",
}
"""On which hosts of a job its command is run again, by the name of the option."""


def add_jobs(
    jobs: argparse.ArgumentParser,
    shared: argparse.ArgumentParser,
    read_only: argparse.ArgumentParser,
    count: Callable[[str], int],
) -> None:
    """Give `jobs`, which has --json itself, its words and verbs. `count` reads a number of 1 or more."""
    jobs.add_argument(
        "-n", dest="number", type=count, default=20, metavar="N", help="jobs, the newest (default %(default)s)"
    )
    added = jobs.add_subparsers(dest="jobs_verb", metavar="VERB", title="verbs")
    as_json = argparse.ArgumentParser(add_help=False)
    # what stands before the verb counts as well, so it has no default here
    as_json.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")

    def verb(name: str, what: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return added.add_parser(
            name, help=what, description=what, parents=[shared, as_json, *parents], allow_abbrev=False
        )

    show = verb("show", "show how each host of a job answered")
    _job(show)
    _gather(show)
    show.add_argument(
        "--mask",
        action="store_true",
        help="as --gather, joining answers that differ only in own names, addresses, ids, times or sizes; with --json: "
        "these groups beside the results",
    )
    rerun = verb("rerun", "run the command of a job again, on some of its hosts or all", read_only)
    _job(rerun)
    which = rerun.add_mutually_exclusive_group()
    for name, what in WHICH.items():
        which.add_argument(f"--{name}", dest="which", action="store_const", const=name, default="failed", help=what)
    _gather(rerun)
    masking(rerun)
    add_job_words(rerun, WAVE_WORDS)
    rerun.add_argument("--no-waves", action="store_true", help="not in the waves in which the job was run before")
    agreeing(rerun)
    away = verb("away", "run what waits for hosts that were away, as they connect, until nothing waits", read_only)
    away.add_argument("--once", action="store_true", help="only on those that can be reached now, as a timer wants it")
    cancel = verb("cancel", "have a command wait no longer for hosts that were away, see run --when-back")
    _job(cancel)
    cancel.add_argument("targets", nargs="*", metavar="HOST", help="only these: kvm07, kvm[01-18]; else all of them")
    prune = verb("prune", "forget jobs that are old, but none that runs")
    prune.add_argument(
        "--older", type=_span, required=True, metavar="AGE", help="those older than so many hours, days or weeks: 30d"
    )


def agreeing(parser: argparse.ArgumentParser) -> None:
    """The words of what is asked before a command runs."""
    parser.add_argument("--yes", action="store_true", help="agree beforehand to what would be asked at a terminal")
    parser.add_argument(
        "--dry-run", action="store_true", help="show the hosts, and what would be asked; contact no host"
    )
    parser.add_argument(
        "--check", action="store_true", help="with --dry-run: connect to each host, and say which are not reached"
    )


def masking(parser: argparse.ArgumentParser) -> None:
    """The word of what answers are joined in spite of."""
    parser.add_argument(
        "--mask",
        action="store_true",
        help="with --gather: answers are equal where only own names, addresses, ids, times or sizes differ",
    )


def _job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("given", metavar="JOB", help=_JOB)


def _gather(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-b", "--gather", action="store_true", help="show equal answers once")


def _span(text: str) -> float:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is no age: write 36h, 30d or 8w")
    return int(found[1]) * _SECONDS[found[2]]
