"""The command line's words. argparse ends with status 2 for what it cannot take, and 0 for --help and --version."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.data_class import dataclass
from ..model.quoting import HIDDEN
from .show_words import ShowWords
from .target_arguments import NEEDED, REMOTE, targets_of
from .verbs import OWN_VERBS, Parser, Program, first_word, whole_program

# The words of a verb are loaded where its parser is made, and a line needs that of its own verb alone.
if TYPE_CHECKING:
    from ..actions.action import Value
    from .delivery_words import DeliveryWords
    from .files_arguments import MoveWords
    from .follow_words import FollowWords
    from .freeze_arguments import FreezeWords
    from .host_lists import HostList
    from .hosts_import import ImportWords

Verb = str
"""One of the program's own verbs, or the name of an action that has no screen."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked for. Fields of other verbs have their defaults; `timeout` in seconds.

    `targets` has the node set of each `-w`: what each means by itself is added up, and so are `lists`, files with names
    of hosts, `-` for standard input; `listed` is what was read of them. `given_with` goes with what a shell asks for:
    what is typed of targets, or the command of which it completes the parameters. `hosts_words` are those of
    `hosts_verb`, `into` is the file that a new host goes into. `job_options` are by their names in JobOptions.
    `notes` are lines for --dry-run.
    """

    verb: Verb
    config: Path | None = None
    theme: str | None = None
    verbose: bool = False
    hosts: int = 12
    faults: bool = False
    seed: int = 0
    targets: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    listed: tuple[HostList, ...] = ()
    timeout: float | None = None
    fanout: int = 64
    json: bool = False
    gather: bool = False
    mask: bool = False
    no_guard: bool = False
    read_only: bool = False
    view: str | None = None
    only: str | None = None
    command: str = ""
    given: str = ""
    jobs_verb: str = "list"
    which: str = "failed"
    older: float = 0.0
    hosts_verb: str = "list"
    hosts_words: tuple[str, ...] = ()
    into: str = ""
    dry_run: bool = False
    check: bool = False
    yes: bool = False
    connect: bool = False
    importing: ImportWords | None = None
    showing: ShowWords = ShowWords()
    freezing: FreezeWords | None = None
    delivering: DeliveryWords | None = None
    following: FollowWords | None = None
    number: int = 0
    ring: bool = False
    job_options: tuple[tuple[str, Value], ...] = ()
    no_waves: bool = False
    once: bool = False
    given_with: str = ""
    batch: bool = False
    moving: MoveWords | None = None
    notes: tuple[str, ...] = ()


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line; ends the program as argparse does where there is nothing to run."""
    given = [_as_sent(word) for word in argv]
    program = Program()
    program.add_for(given)
    parser, verbs = program.parser, program.verbs
    words, command = _apart(given, parser, verbs)
    _refuse_strangers_before_the_verb(words, parser)
    found, unknown = parser.parse_known_args(words)
    verb = found.verb or "tui"
    if verb == "hosts":
        from .hosts_arguments import taken_in

        unknown = taken_in(found, unknown)
    if unknown:
        verbs.get(verb, parser).error(_of_unknown(unknown, found.verb))
    values = {name: value for name, value in vars(found).items() if name in Arguments.__slots__}
    values |= {"verb": verb} | (targets_of(found) if verb != "jobs" else {})
    match verb:
        case _ if verb in REMOTE:
            values |= _values_of_remote(found, command, values, verbs[verb])
        case "push" | "pull":
            from .files_arguments import move_values

            values |= move_values(found, verbs[verb].error)
        case "shell":
            from .shell_arguments import shell_values

            values |= shell_values(found, command, verbs[verb].error)
        case "hosts":
            values |= _values_of_hosts(found)
        case "forward":
            from .forward_arguments import forward_values

            values |= forward_values(found)
        case _ if command:
            parser.error("only run, follow and shell take a command after --")
        case "jobs":
            values |= _values_of_jobs(found, verbs["jobs"])
        case "freeze" | "thaw":
            from .freeze_arguments import freeze_words_of

            values["freezing"] = freeze_words_of(found)
        case _ if verb != "tui" and verb not in OWN_VERBS:
            values |= _values_of_action(found, verbs[verb])
    if values.get("check") and not values.get("dry_run"):
        verbs[verb].error("--check belongs to --dry-run: a run tells of each host that it does not reach")
    return Arguments(**values)


def _values_of_remote(
    found: argparse.Namespace, command: Sequence[str], where: dict[str, Any], verb: Parser
) -> dict[str, Any]:
    """The fields of Arguments that the words of `run` and `follow` come to; `where` are those of the hosts."""
    from .follow_words import follow_words_of
    from .job_words import job_words_of
    from .remote_arguments import remote_values
    from .show_words import show_words_of

    return {
        "job_options": job_words_of(found),
        "showing": show_words_of(found),
        "following": follow_words_of(found),
        **remote_values(found, command, where, verb),
    }


def _values_of_hosts(found: argparse.Namespace) -> dict[str, Any]:
    from .hosts_arguments import hosts_values
    from .hosts_import import words_of

    return hosts_values(found) | {"importing": words_of(found)}


def _values_of_jobs(found: argparse.Namespace, jobs: Parser) -> dict[str, Any]:
    from .job_words import job_words_of
    from .jobs_arguments import MASKS_GATHERED

    given = vars(found)
    if found.json and given.get("gather"):
        jobs.error("--json has the answer of each host, and --gather joins them: leave one out")
    if given.get("mask") and not given.get("gather") and found.jobs_verb == "rerun":
        jobs.error(MASKS_GATHERED)
    return {
        "jobs_verb": found.jobs_verb or "list",
        "targets": tuple(given.get("targets") or ()),
        "job_options": job_words_of(found),
    }


def _values_of_action(found: argparse.Namespace, parser: Parser) -> dict[str, Any]:
    from ..actions.registry import find

    where = targets_of(found)
    if find(found.verb).needs_hosts and not where["targets"] and not where["lists"]:
        parser.error(NEEDED)
    return {"given": " ".join(map(str, found.__dict__.get("given") or ()))}


def _refuse_strangers_before_the_verb(words: list[str], parser: Parser) -> None:
    """An option that is none would have its value taken for a verb, and shown; it may be a password."""
    known = parser._option_string_actions  # argparse has no public list of its options
    for word in words[: first_word(words, parser)]:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            belongs = any(name in verb._option_string_actions for verb in whole_program().verbs.values())
            hint = " (an option of a verb stands behind it: atp-tui stats --json)" if belongs else ""
            parser.error(_of_unknown([word], None) + hint)


def _of_unknown(words: list[str], verb: str | None) -> str:
    """What is said of words that mean nothing; a value that stands behind = or behind an option may be a password."""
    told = []
    for before, word in zip(["", *words], words, strict=False):
        if "=" in word:
            word = f"{word.partition('=')[0]}={HIDDEN}"
        elif before.startswith("-") and "=" not in before and not word.startswith("-"):
            word = HIDDEN
        elif word.startswith("-") and not word.startswith("--"):
            word = word[:2] + (HIDDEN if word[2:] else "")  # -pPASSWORD
        told.append(word)
    hint = "" if verb not in REMOTE else " (a command that begins with - stands after --)"
    hint = " (a command stands behind --: shell HOST -- COMMAND)" if verb == "shell" else hint
    return f"unrecognized arguments: {' '.join(told)}{hint}"


def _apart(words: list[str], parser: Parser, verbs: dict[str, Parser]) -> tuple[list[str], list[str]]:
    """Our own words, and those of the remote command: all from the first one that is no option of ours, or after `--`.

    argparse would look for our options among those of the command (`ls -w 80`).
    """
    verb = first_word(words, parser)
    if words[verb : verb + 1] == ["hosts"]:
        from .hosts_arguments import shielded

        return shielded(words, verb, lambda rest: first_word(rest, parser)), []
    if "".join(words[verb : verb + 1]) not in REMOTE:
        end = words.index("--") if "--" in words else len(words)
        return words[:end], words[end + 1 :] or words[end:]
    begin = verb + 1 + first_word(words[verb + 1 :], verbs[words[verb]])
    return words[:begin], words[begin + (words[begin : begin + 1] == ["--"]) :]


def _as_sent(word: str) -> str:
    """A word as its bytes say it, where they are UTF-8: under LC_ALL=C Python takes them for something else."""
    try:
        return os.fsencode(word).decode()
    except UnicodeError:
        return word  # typed in the locale's own encoding, or no text at all
