"""The command line's words. argparse ends with status 2 for what it cannot take, and 0 for --help and --version."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .. import __version__
from ..actions.action import Action, Value
from ..actions.registry import ACTIONS, find
from ..model.data_class import dataclass
from ..model.quoting import HIDDEN, redacted
from .delivery_words import DeliveryWords
from .examples import add_examples
from .follow_words import FollowWords, follow_words_of
from .freeze_arguments import FreezeWords, add_freeze, freeze_words_of
from .hosts_arguments import add_hosts, hosts_values, shielded, taken_in
from .hosts_import import ImportWords, words_of
from .job_words import job_words_of
from .jobs_arguments import MASKS_GATHERED, add_jobs
from .remote_arguments import REMOTE, add_remote, remote_values
from .setup_verbs import add_setup_verbs
from .show_words import ShowWords, show_words_of
from .target_arguments import NEEDED, add_targets, targets_of

if TYPE_CHECKING:
    from .host_lists import HostList

Verb = str
"""One of the program's own verbs, or the name of an action that has no screen."""

EXIT_STATUSES = """exit status: 0 all went well; 1 a command, trust-key, or an edit of hosts.toml failed, or doctor
found something wrong; 2 usage or configuration; 3 some host was not reached or timed out; 4 waves were stopped, or all
went well, but --json, --jsonl or --gather holds cut output, or --output is not whole; 70 the program itself failed; 130
interrupted; 141 cut short, or not read: standard output has no reader any more."""


_SHOWN = 60
"""Characters of a value that a message quotes."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked for. Fields of other verbs have their defaults; `timeout` in seconds.

    `targets` has the node set of each `-w`: what each means by itself is added up, and so are `lists`, files with names
    of hosts, `-` for standard input; `listed` is what was read of them. `of_command` is a command of
    hosts.toml of which a shell completes the parameters. `hosts_words` are those of `hosts_verb`, `into`
    is the file that a new host goes into. `job_options` are by their names in JobOptions.
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
    of_command: str = ""


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line; ends the program as argparse does where there is nothing to run."""
    parser, verbs = _parser()
    words, command = _apart([_as_sent(word) for word in argv], parser, verbs)
    _refuse_strangers_before_the_verb(words, parser, verbs)
    found, unknown = parser.parse_known_args(words)
    unknown = taken_in(found, unknown)
    if unknown:
        verbs.get(found.verb, parser).error(_of_unknown(unknown, found.verb))
    values = {name: value for name, value in vars(found).items() if name in Arguments.__slots__}
    values["verb"] = verb = found.verb or "tui"
    values["importing"] = words_of(found)
    values["job_options"] = job_words_of(found)
    values["showing"] = show_words_of(found)
    values["freezing"] = freeze_words_of(found)
    values["following"] = follow_words_of(found)
    values |= targets_of(found) if verb != "jobs" else {}
    if verb in REMOTE:
        values |= remote_values(found, command, values, verbs[verb])
    elif verb == "hosts":
        values |= hosts_values(found)
    elif command:
        parser.error("only run and follow take a command after --")
    elif verb == "jobs":
        values["jobs_verb"] = found.jobs_verb or "list"
        values["targets"] = tuple(values.get("targets") or ())
        if found.json and values.get("gather"):
            verbs["jobs"].error("--json has the answer of each host, and --gather joins them: leave one out")
        if values.get("mask") and not values.get("gather") and values["jobs_verb"] == "rerun":
            verbs["jobs"].error(MASKS_GATHERED)
    elif any(verb == action.name for action in ACTIONS if action.headless):
        values["given"] = " ".join(map(str, found.__dict__.get("given") or ()))
        if find(verb).needs_hosts and not values["targets"] and not values["lists"]:
            verbs[verb].error(NEEDED)
    if values.get("check") and not values.get("dry_run"):
        verbs[verb].error("--check belongs to --dry-run: a run tells of each host that it does not reach")
    return Arguments(**values)


def _refuse_strangers_before_the_verb(words: list[str], parser: _Parser, verbs: dict[str, _Parser]) -> None:
    """An option that is none would have its value taken for a verb, and shown; it may be a password."""
    known = parser._option_string_actions  # argparse has no public list of its options
    for word in words[: _first_word(words, parser)]:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            belongs = any(name in verb._option_string_actions for verb in verbs.values())
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
    return f"unrecognized arguments: {' '.join(told)}{hint}"


def _without_password(word: re.Match[str]) -> str:
    return redacted(word[0]) if "@" in word[0] or ":" in word[0][1:-1] else word[0]


class _Parser(argparse.ArgumentParser):
    """Quotes a word of the command line without what could be a password in it, and nothing that a terminal obeys."""

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"\S+", _without_password, message)
        super().error("".join(each if each.isprintable() else ascii(each)[1:-1] for each in message))

    def _print_message(self, message: str, file: Any = None) -> None:
        """As argparse's, also where nobody reads any more, or where nothing can be written.

        Standard output that cannot be written ends the program as a verb's does.
        """
        stream = file or sys.stderr
        try:
            stream.write(message)
            stream.flush()
        except OSError as error:
            # the interpreter flushes once more at its end: give it somewhere to flush to
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if stream is not sys.stderr and not isinstance(error, BrokenPipeError):
                self.exit(2, f"atp-tui: standard output cannot be written: {error.strerror}\n")


def _apart(
    words: list[str], parser: argparse.ArgumentParser, verbs: Mapping[str, argparse.ArgumentParser]
) -> tuple[list[str], list[str]]:
    """Our own words, and those of the remote command: all from the first one that is no option of ours, or after `--`.

    argparse would look for our options among those of the command (`ls -w 80`).
    """
    verb = _first_word(words, parser)
    if words[verb : verb + 1] == ["hosts"]:
        return shielded(words, verb, lambda rest: _first_word(rest, parser)), []
    if "".join(words[verb : verb + 1]) not in REMOTE:
        end = words.index("--") if "--" in words else len(words)
        return words[:end], words[end + 1 :] or words[end:]
    begin = verb + 1 + _first_word(words[verb + 1 :], verbs[words[verb]])
    return words[:begin], words[begin + (words[begin : begin + 1] == ["--"]) :]


def _first_word(words: list[str], parser: argparse.ArgumentParser) -> int:
    """The place of the first word that is neither an option of that parser nor the value of one; `--` counts as one."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        place += 2 if _wants_value(words[place], parser) else 1
    return place


def _wants_value(word: str, parser: argparse.ArgumentParser) -> bool:
    """Whether the value of an option is the next word: `-w`, also as the last letter of several (`-vw`)."""
    known = parser._option_string_actions  # argparse has no public list of its options
    if word.startswith("--"):
        return word in known and known[word].nargs != 0
    for place, letter in enumerate(word[1:], 2):
        option = known.get(f"-{letter}")
        if option is None or option.nargs != 0:
            return option is not None and place == len(word)
    return False


def _as_sent(word: str) -> str:
    """A word as its bytes say it, where they are UTF-8: under LC_ALL=C Python takes them for something else."""
    try:
        return os.fsencode(word).decode()
    except UnicodeError:
        return word  # typed in the locale's own encoding, or no text at all


def whole_parser() -> argparse.ArgumentParser:
    """The parser of the program and all its verbs."""
    return _parser()[0]


def _parser() -> tuple[_Parser, dict[str, _Parser]]:
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument(
        "--config", type=_file, metavar="FILE", help="hosts.toml to use (else ATP_TUI_CONFIG, else the user's own)"
    )
    shared.add_argument("-v", "--verbose", action="store_true", help="write every change of a connection to the log")
    read_only = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    read_only.add_argument(
        "--read-only", action="store_true", help="only watch: run no command, trust no key, without the screen too"
    )
    screen = _Parser(add_help=False, argument_default=argparse.SUPPRESS, parents=[read_only])
    screen.add_argument("--theme", metavar="NAME", help="colours, by the name that stands in a file of themes/")
    as_json = _Parser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print one JSON object")
    parser = _Parser(
        prog="atp-tui",
        parents=[shared, screen],
        description="Watch a fleet of libvirt hosts, and run commands on it over SSH. Without a verb: the screen.",
        epilog=EXIT_STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument("--view", metavar="VIEW", help="open a view: heat, events, host/kvm07, 'fleet?filter=@rack1'")
    parser.add_argument(
        "--only", metavar="SET", help="watch only these hosts of hosts.toml, and show no others: @rack1, kvm[01-18]"
    )
    parser.add_argument("--version", action="version", version=f"atp-tui {__version__}")
    added = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")

    def verb(name: str, what: str, *parents: _Parser) -> _Parser:
        return added.add_parser(name, help=what, description=what, parents=list(parents), allow_abbrev=False)

    demo = verb("demo", "open the screen on an embedded fleet; nothing typed there runs on this machine", screen)
    more = "simulated hosts (default %(default)s); libvirt's own test driver is one more"
    demo.add_argument("--hosts", type=_count, default=12, metavar="N", help=more)
    demo.add_argument("--faults", action="store_true", help="let hosts go silent, refuse, flap, and come back")
    demo.add_argument("--seed", type=int, default=0, metavar="N", help="another seed is another fleet")
    run = verb("run", "run a command on hosts over SSH", shared, as_json)
    follow = verb("follow", "show what a command goes on to say on hosts, as one stream by time", shared)
    add_remote(run, follow, _seconds, _count)
    for action in ACTIONS:
        if action.headless:
            _act(verb(action.name, action.help, shared), action)
    verb("stats", "connect to each host and show its connections and node", shared, as_json)
    add_hosts(verb("hosts", "what hosts.toml says, and its hosts added, changed and removed", shared), shared, as_json)
    verb("domains", "list the domains of all hosts", shared, as_json)
    verb("info", "show versions and the paths of every file the program uses", shared)
    add_jobs(verb("jobs", "what was run before; no host is contacted", shared, as_json), shared, read_only, _count)
    _audit(verb("audit", "show what was done, or check that the record of it holds", shared, as_json))
    add_freeze(verb, shared, as_json)
    add_setup_verbs(verb, added, shared, as_json)
    add_examples(parser)
    return parser, added.choices


def _audit(audit: argparse.ArgumentParser) -> None:
    """The words of `audit`."""
    audit.add_argument(
        "given", nargs="?", choices=("", "verify"), default="", metavar="verify", help="check that no record is missing"
    )
    audit.add_argument(
        "-n", dest="number", type=_count, default=50, metavar="N", help="records, the newest (default %(default)s)"
    )


def _act(parser: argparse.ArgumentParser, action: Action) -> None:
    """The words of an action that comes from the registry: its targets, and its arguments in their order."""
    add_targets(parser, "node set, as of run")
    for argument in action.arguments:
        if argument.required:
            parser.add_argument(
                "given", action="append", metavar=argument.name.upper(), type=argument.kind, help=argument.help
            )


def _file(text: str) -> Path:
    if not text:  # a variable that is not set, as in --config "$FILE"; Path would take it for the working directory
        raise argparse.ArgumentTypeError("no file is named")
    return Path(text)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        value = float(_plain(text))
        if math.isfinite(value) and value > 0:
            return value
    raise argparse.ArgumentTypeError(f"{text[:_SHOWN]!r} is not a number of seconds above 0")


def _count(text: str) -> int:
    with contextlib.suppress(ValueError):
        value = int(_plain(text))
        if value >= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text[:_SHOWN]!r} is not a whole number of 1 or more")


def _plain(text: str) -> str:
    """A number as people write it. Raises ValueError for what Python takes besides: `1_0`, other alphabets' digits."""
    if not text.isascii() or "_" in text:
        raise ValueError
    return text
