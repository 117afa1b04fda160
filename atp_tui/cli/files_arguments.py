"""The words of `push` and `pull`. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from ..actions.files import FILE_WORDS, FOLLOW, MOVE_WORDS
from ..model.data_class import dataclass
from ..model.far_paths import split_target
from .job_words import add_job_words, job_words_of
from .jobs_arguments import MASKS_GATHERED, agreeing, masking
from .show_words import add_showing, contradiction, show_words_of
from .target_arguments import add_targets, targets_of

_OF_JOBS = tuple(word for word in MOVE_WORDS if word.flag not in ("--timeout", "--fanout"))

_MakeVerb = Callable[..., argparse.ArgumentParser]


@dataclass(frozen=True, slots=True)
class MoveWords:
    """What is moved. `files` are absolute paths here: of a pull the folder. `far` is the path there."""

    files: tuple[str, ...]
    far: str


def add_files(
    verb: _MakeVerb, count: Callable[[str], int], seconds: Callable[[str], float], *parents: argparse.ArgumentParser
) -> None:
    """Add both verbs."""
    push = verb("push", "send files and folders to hosts, over SFTP", *parents)
    push.add_argument("files", nargs="+", metavar="FILE", help="files and folders of this machine; {host} as in run")
    _target(push, "where they go: ends with / for a folder, else it is what the only one is called there")
    add_job_words(push, (FOLLOW,))
    pull = verb("pull", "fetch files and folders from hosts, over SFTP", *parents)
    pull.add_argument("files", nargs=1, metavar="DIR", help="a folder here, which is made; each host has one in it")
    _target(pull, "what is fetched: a file, a folder, or a pattern with * ? [ ]")
    for parser in (push, pull):
        parser.add_argument("--timeout", type=seconds, metavar="S", help="seconds for each host, connecting included")
        parser.add_argument(
            "--fanout", type=count, default=64, metavar="N", help="hosts at a time (default %(default)s)"
        )
        add_job_words(parser, FILE_WORDS)
        add_job_words(parser, _OF_JOBS)
        parser.add_argument("--ring", action="store_true", help="ring on the terminal at the end, as [jobs] says")
        parser.add_argument(
            "-b", "--gather", action="store_true", help="wait for all hosts, and show equal answers once"
        )
        masking(parser)
        add_showing(parser, files=False)
        agreeing(parser)


def _target(parser: argparse.ArgumentParser, what: str) -> None:
    add_targets(parser, f"hosts as of run, then a path there: {what}", "TARGETS:PATH")


def move_values(found: argparse.Namespace, wrong: Callable[[str], Any]) -> dict[str, Any]:
    """The fields of Arguments. `wrong` ends the program with what is wrong."""
    hosts = targets_of(found)
    given = [split_target(word) for word in hosts["targets"]]
    paths = {path for _, path in given if path}
    example = "kvm01:/etc/app.conf"
    if not paths:
        wrong(f"hosts and a path there are needed: -w {example} (the path begins with /, ~/ or ./)")
    if len(paths) > 1:
        wrong("one path for all hosts: several -w add up, and one of them has the path")
    expressions = tuple(expression for expression, _ in given if expression)
    if not expressions and not hosts["lists"]:
        wrong(f"hosts are needed before the path: -w {example}")
    if nonsense := contradiction(found) or (MASKS_GATHERED if found.mask and not found.gather else None):
        wrong(nonsense)
    files = tuple(_absolute(each, wrong) for each in found.files)
    return {
        "targets": expressions,
        "moving": MoveWords(files, paths.pop()),
        "job_options": job_words_of(found, (*_OF_JOBS, *FILE_WORDS, FOLLOW)),
        "showing": show_words_of(found),
    }


def _absolute(path: str, wrong: Callable[[str], Any]) -> str:
    if not path:  # a variable that is not set
        wrong("no file is named")
    return os.path.join(os.getcwd(), path).rstrip("/") or "/"
