"""The parsers of the program and its verbs. That of a verb is made, and the module with its words loaded, where a line
needs it: to make all of them takes as long as many a verb."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .. import __version__
from ..model.quoting import redacted
from .target_arguments import add_targets

if TYPE_CHECKING:
    from ..actions.action import Action

EXIT_STATUSES = """exit status: 0 all went well; 1 a command, trust-key, or an edit of hosts.toml failed, or doctor
found something wrong; 2 usage or configuration; 3 some host was not reached or timed out; 4 waves were stopped, or all
went well, but --json, --jsonl or --gather holds cut output, or --output is not whole; 70 the program itself failed; 130
interrupted; 141 cut short, or not read: standard output has no reader any more. Of shell it is that of the far side, or
255."""


_HELP = re.compile(r"--help|-[A-Za-z]*h[A-Za-z]*")

_SHOWN = 60
"""Characters of a value that a message quotes."""


def _without_password(word: re.Match[str]) -> str:
    return redacted(word[0]) if "@" in word[0] or ":" in word[0][1:-1] else word[0]


class Parser(argparse.ArgumentParser):
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


class Program:
    """The parser of the program; `add` gives it those of its verbs."""

    def __init__(self) -> None:
        self._shared = shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
        which = "hosts.toml to use (else ATP_TUI_CONFIG, else the user's own)"
        shared.add_argument("--config", type=_file, metavar="FILE", help=which)
        shared.add_argument(
            "-v", "--verbose", action="store_true", help="write every change of a connection to the log"
        )
        self._read_only = read_only = Parser(add_help=False, argument_default=argparse.SUPPRESS)
        what = "only watch: run no command, trust no key, without the screen too"
        read_only.add_argument("--read-only", action="store_true", help=what)
        self._screen = screen = Parser(add_help=False, argument_default=argparse.SUPPRESS, parents=[read_only])
        screen.add_argument("--theme", metavar="NAME", help="colours, by the name that stands in a file of themes/")
        self._as_json = Parser(add_help=False)
        self._as_json.add_argument("--json", action="store_true", help="print one JSON object")
        self._asks = Parser(add_help=False)
        batch = "let no login ask for a password, a passphrase or a code"
        self._asks.add_argument("--batch", action="store_true", help=batch)
        self.parser = parser = Parser(
            prog="atp-tui",
            parents=[shared, screen],
            description="Watch a fleet of libvirt hosts, and run commands on it over SSH. Without a verb: the screen.",
            epilog=EXIT_STATUSES,
            allow_abbrev=False,
        )
        view = "open a view: heat, events, host/kvm07, 'fleet?filter=@rack1'"
        parser.add_argument("--view", metavar="VIEW", help=view)
        only = "watch only these hosts of hosts.toml, and show no others: @rack1, kvm[01-18]"
        parser.add_argument("--only", metavar="SET", help=only)
        parser.add_argument("--version", action="version", version=f"atp-tui {__version__}")
        self._added = self.parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")

    @property
    def verbs(self) -> dict[str, Parser]:
        """The parsers of the verbs that were added, by their names."""
        return self._added.choices

    def add_for(self, words: list[str]) -> None:
        """Add the parsers that a line of these words may need; with examples, where it may ask for help."""
        if any(map(_HELP.fullmatch, words)):
            self.add()
            self.add_examples()
            return
        first = words[first_word(words, self.parser) :][:1]
        self.add(frozenset(first) if OWN_VERBS.issuperset(first) else None)

    def add_examples(self) -> None:
        """Put examples below the help of each verb."""
        from .examples import add_examples

        add_examples(self.parser)

    def add(self, only: frozenset[str] | None = None) -> None:
        """Add the parsers of all verbs, or of `only` these."""
        for add in dict.fromkeys(add for name, add in _VERBS if only is None or name in only):
            add(self)

    def verb(self, name: str, what: str, *parents: Parser) -> Parser:
        """Add the parser of one verb."""
        return self._added.add_parser(name, help=what, description=what, parents=list(parents), allow_abbrev=False)

    def _demo(self) -> None:
        what = "open the screen on an embedded fleet; nothing typed there runs on this machine"
        demo = self.verb("demo", what, self._screen)
        more = "simulated hosts (default %(default)s); libvirt's own test driver is one more"
        demo.add_argument("--hosts", type=_count, default=12, metavar="N", help=more)
        demo.add_argument("--faults", action="store_true", help="let hosts go silent, refuse, flap, and come back")
        demo.add_argument("--seed", type=int, default=0, metavar="N", help="another seed is another fleet")

    def _run(self) -> None:
        from .remote_arguments import add_run_words

        run = self.verb("run", "run a command on hosts over SSH", self._shared, self._as_json, self._asks)
        add_run_words(run, _seconds, _count)

    def _follow(self) -> None:
        from .remote_arguments import add_follow_words

        what = "show what a command goes on to say on hosts, as one stream by time"
        add_follow_words(self.verb("follow", what, self._shared, self._asks))

    def _shell(self) -> None:
        from .shell_arguments import add_shell

        add_shell(self.verb("shell", "open a shell on a host, over SSH", self._shared, self._asks, self._read_only))

    def _files(self) -> None:
        from .files_arguments import add_files

        add_files(self.verb, _count, _seconds, self._shared, self._asks, self._as_json)

    def _forward(self) -> None:
        from .forward_arguments import add_forward

        what = "lead ports or sockets of this machine to what a host reaches, until Ctrl+C"
        add_forward(self.verb("forward", what, self._shared, self._asks))

    def _actions(self) -> None:
        from ..actions.registry import ACTIONS

        for action in ACTIONS:
            if action.headless:
                _act(self.verb(action.name, action.help, self._shared, self._asks), action)

    def _stats(self) -> None:
        what = "connect to each host and show its connections and node"
        self.verb("stats", what, self._shared, self._as_json, self._asks)

    def _hosts(self) -> None:
        from .hosts_arguments import add_hosts

        what = "what hosts.toml says, and its hosts added, changed and removed"
        add_hosts(self.verb("hosts", what, self._shared), self._shared, self._as_json)

    def _domains(self) -> None:
        self.verb("domains", "list the domains of all hosts", self._shared, self._as_json, self._asks)

    def _info(self) -> None:
        what = "versions and paths, or how ssh_config has hosts reached; none is contacted"
        info = self.verb("info", what, self._shared, self._as_json)
        which = "the hosts whose way is shown, and what does not hold there (default: versions and paths)"
        info.add_argument("given", nargs="?", default="", metavar="SET", help=which)

    def _jobs(self) -> None:
        from .jobs_arguments import add_jobs

        jobs = self.verb("jobs", "what was run before; no host is contacted", self._shared, self._as_json)
        add_jobs(jobs, self._shared, self._read_only, _count)

    def _audit(self) -> None:
        what = "show what was done, or check that the record of it holds"
        _audit(self.verb("audit", what, self._shared, self._as_json))

    def _freeze(self) -> None:
        from .freeze_arguments import add_freeze

        add_freeze(self.verb, self._shared, self._as_json)

    def _setup(self) -> None:
        from .setup_verbs import add_setup_verbs

        add_setup_verbs(self.verb, self._added, self._shared, self._as_json)


_VERBS: tuple[tuple[str, Callable[[Program], None]], ...] = (
    ("demo", Program._demo),
    ("run", Program._run),
    ("follow", Program._follow),
    ("shell", Program._shell),
    ("push", Program._files),
    ("pull", Program._files),
    ("forward", Program._forward),
    ("", Program._actions),
    ("stats", Program._stats),
    ("hosts", Program._hosts),
    ("domains", Program._domains),
    ("info", Program._info),
    ("jobs", Program._jobs),
    ("audit", Program._audit),
    ("freeze", Program._freeze),
    ("thaw", Program._freeze),
    ("doctor", Program._setup),
    ("completion", Program._setup),
    ("man", Program._setup),
    ("complete-words", Program._setup),
)
"""What adds the parser of each verb, in the order of the help. The verbs that actions are have no name here."""

OWN_VERBS = frozenset(name for name, _ in _VERBS if name)
"""The verbs that are no actions. For another word all parsers are made."""


def whole_program() -> Program:
    """The program with all its verbs."""
    program = Program()
    program.add()
    return program


def whole_parser() -> argparse.ArgumentParser:
    """The parser of the program and all its verbs, with their examples."""
    program = whole_program()
    program.add_examples()
    return program.parser


def first_word(words: list[str], parser: argparse.ArgumentParser) -> int:
    """The place of the first word that is neither an option of that parser nor the value of one; `--` counts as one."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        place += 2 if _wants_value(words[place], parser) else 1
    return place


def _wants_value(word: str, parser: argparse.ArgumentParser) -> bool:
    """Whether the value of an option is the next word: `-w`, also as the last letter of several (`-vw`)."""
    known = parser._option_string_actions  # argparse has no public list of its options
    if word.startswith("--"):
        return word in known and known[word].nargs not in (0, "?")
    for place, letter in enumerate(word[1:], 2):
        option = known.get(f"-{letter}")
        if option is None or option.nargs != 0:
            return option is not None and place == len(word)
    return False


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
