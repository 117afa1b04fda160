"""The examples of --help, and the manual page that is made of the same."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time

import pytest

from atp_tui.actions.freeze import moment_of
from atp_tui.cli.arguments import parse
from atp_tui.cli.examples import EXAMPLES
from atp_tui.cli.man import page
from atp_tui.cli.parsers import Command, commands, has_verbs
from atp_tui.cli.verbs import whole_parser

COMMANDS = tuple(commands(whole_parser()))
LINES = [(verb, line) for verb, examples in EXAMPLES.items() for line, _ in examples]


def before_other_programs(line: str) -> list[str]:
    """The words of a line up to what the shell makes of it: a pipe, or a file that takes the output."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    words = list(lexer)
    return words[: next((place for place, word in enumerate(words) if word in ("|", ">")), len(words))]


@pytest.mark.parametrize(("verb", "line"), LINES)
def test_each_example_is_a_line_that_the_program_takes(verb: str, line: str) -> None:
    program, *words = before_other_programs(line)
    assert program == "atp-tui"
    asked = parse(words)
    assert asked.verb == (verb.partition(" ")[0] or asked.verb)


def test_the_moments_of_the_examples_are_ahead_whenever_they_are_typed() -> None:
    for line, _ in EXAMPLES["freeze"]:
        words = subprocess.run(["sh", "-c", f'set -- {line}; printf "%s\\n" "$@"'], capture_output=True, check=True)
        freezing = parse(words.stdout.decode().splitlines()[1:]).freezing
        assert freezing is not None
        if freezing.until:
            assert moment_of(freezing.until, time.time()) > time.time()


def test_every_verb_has_an_example_and_no_other_has() -> None:
    assert {command.name for command in COMMANDS} == set(EXAMPLES)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name or "atp-tui")
def test_help_shows_the_examples_as_they_are_typed(command: Command) -> None:
    shown = command.parser.format_help().splitlines()
    for line, _ in EXAMPLES[command.name]:
        assert f"  {line}" in shown


def test_help_still_says_the_exit_statuses() -> None:
    assert "exit status: 0 all went well" in whole_parser().format_help()


def test_the_manual_page_has_every_verb_with_its_options_and_examples() -> None:
    text = "\n".join(page(whole_parser())).replace("\\-", "-").replace("\\(aq", "'")
    for command in COMMANDS:
        if command.name and has_verbs(command.parser):
            continue
        for action in command.parser._actions:
            assert all(f"\\fB{name}\\fR" in text for name in action.option_strings if name not in ("-h", "--help"))
        assert all(line in text for line, _ in EXAMPLES[command.name] if not re.search(r"[\"~\\]", line))
    assert "complete-words" not in text


def test_a_typesetter_has_nothing_to_say_against_the_manual_page() -> None:
    if shutil.which("groff") is None:
        pytest.skip("no groff here")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-rLL=200n"],
        input="\n".join(page(whole_parser())) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    plain = re.sub("\x1b\\[[0-9;]*m|.\x08", "", done.stdout)
    assert "atp-tui run -w 'kvm[01-18]&@prod' --json -- 'df -h / | tail -1'" in plain
    assert re.search(r"^ +4 +Waves were stopped, or all went well, but --json", plain, re.MULTILINE)
