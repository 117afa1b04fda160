"""The words of the verbs that run a command line on hosts: `run` and `follow`. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..actions.job_words import SUDO
from . import delivery_words
from .follow_words import add_follow, nonsense_of
from .job_words import add_job_words
from .jobs_arguments import MASKS_GATHERED, agreeing, masking
from .show_words import add_showing, contradiction
from .target_arguments import REMOTE, STDIN, add_targets

_TARGETS = "kvm[01-18], @tag, a set, @all, state:failed, cpu>80, with , & ! ^; several add up"


def add_follow_words(follow: argparse.ArgumentParser) -> None:
    """Add the words of `follow` to its parser."""
    add_targets(follow, _TARGETS)
    add_follow(follow)
    add_job_words(follow, (SUDO,))
    _command(follow)


def remote_values(
    found: argparse.Namespace, command: Sequence[str], targets: Mapping[str, Any], verb: argparse.ArgumentParser
) -> dict[str, Any]:
    """The command of a verb that takes a command line; `targets` are the fields of its hosts."""
    name = found.verb
    along = delivery_words.words_of(found, command)
    line = delivery_words.line_of(along, command)
    if along is not None and along.script is not None and along.command:
        verb.error("--script and --command are two commands: leave one out")
    if not targets["targets"] and not targets["lists"]:
        verb.error(f"hosts are needed, before the command: atp-tui {name} -w TARGETS {REMOTE[name]}")
    if STDIN in targets["lists"] and found.stdin:
        verb.error(
            "standard input has the list of the hosts, or with --stdin what the command reads: leave one out, or "
            "name a file with --hosts-file"
        )
    if not line.strip():
        verb.error(f"a command is needed, or --script: atp-tui {name} -w TARGETS {REMOTE[name]}")
    if not _is_text(line):
        verb.error("the command is not UTF-8 text")
    if wrong := (_nonsense if name == "run" else nonsense_of)(found):
        verb.error(wrong)
    return {"delivering": along, "command": line}


def _nonsense(found: argparse.Namespace) -> str | None:
    """Why the words of `run` make no sense together; None where they do."""
    if found.no_waves and not found.named:
        return "--no-waves is about the waves of --command NAME: without it there are none unasked"
    return contradiction(found) or (MASKS_GATHERED if found.mask and not found.gather else None)


def add_run_words(run: argparse.ArgumentParser, seconds: Callable[[str], float], count: Callable[[str], int]) -> None:
    """Add the words of `run` to its parser; `seconds` and `count` read numbers."""
    add_targets(run, _TARGETS)
    run.add_argument("--timeout", type=seconds, metavar="S", help="seconds for each host, connecting included")
    run.add_argument("--fanout", type=count, default=64, metavar="N", help="hosts at a time (default %(default)s)")
    add_job_words(run)
    run.add_argument(
        "--no-waves", action="store_true", help="with --command: not in the waves that hosts.toml has for it"
    )
    run.add_argument("--ring", action="store_true", help="ring on the terminal at the end, as [jobs] says")
    run.add_argument("-b", "--gather", action="store_true", help="wait for all hosts, and show equal answers once")
    masking(run)
    add_showing(run)
    _command(run)


def _command(verb: argparse.ArgumentParser) -> None:
    """What a verb that takes a command line is told of it."""
    verb.add_argument("--no-guard", action="store_true", help="send nothing but the command; cut short, it may live on")
    delivery_words.add_delivery(verb)
    agreeing(verb)
    # for the help alone: the command's words are taken away before argparse sees them
    verb.add_argument("words", nargs="*", metavar="COMMAND", help="the command line: all from its first word on")


def _is_text(text: str) -> bool:
    """Whether it can be sent: Python keeps bytes of an argument that are not UTF-8 as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
