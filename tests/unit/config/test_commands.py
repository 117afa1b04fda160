"""`[commands.NAME]` of hosts.toml: what is read, what is refused with its place, and the lines that they come to."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.actions.dangers import dangers
from atp_tui.actions.job_words import taken
from atp_tui.actions.job_words import written as job_written
from atp_tui.actions.waves import WAVE_WORDS
from atp_tui.config.load import parse
from atp_tui.model.errors import ConfigError, ConfigErrors
from atp_tui.model.guard import GuardSettings
from atp_tui.model.host import HostInfo
from atp_tui.model.named import NamedCommand, Parameter, find
from atp_tui.model.placeholders import parsed

GOOD = """
[commands.restart]
run = "systemctl restart {unit} && logger -t {host} {text}"
description = "Restart a unit"
timeout = 30
danger = true
[commands.restart.parameters]
unit = { default = "libvirtd", choices = ["libvirtd", "virtqemud"] }
text = { description = "what is logged" }

[commands.users]
run = "awk -F: '{{print $1}' /etc/passwd"
"""


def read(text: str) -> tuple[NamedCommand, ...]:
    return parse(text, Path("hosts.toml")).commands


def test_a_command_comes_to_its_line_with_each_value_quoted() -> None:
    restart, users = read(GOOD)
    assert (restart.description, restart.timeout) == ("Restart a unit", 30.0)
    line = restart.line({"text": "it's $(id) {host}"})
    host = HostInfo("kvm01", "192.0.2.1")
    assert parsed(line).filled(host) == ("""systemctl restart libvirtd && logger -t kvm01 'it'"'"'s $(id) {host}'""")
    values = restart.typed("unit=virtqemud text='a b'")
    assert restart.line(values).startswith("systemctl restart virtqemud && ")
    assert users.line({}) == "awk -F: '{print $1}' /etc/passwd"


def test_its_waves_are_the_options_of_run_and_the_gate_takes_its_parameters() -> None:
    (only,) = read("""
[commands.restart]
run = "systemctl restart {unit}"
timeout = 90
canary = 1
wave = "10%"
max_fail = 2
unreachable_ok = true
pause = 0.5
gate = "load<8"
gate_run = "systemctl is-active -q {unit} || echo {host}"
gate_timeout = 30
spread = "tag:rack"
shuffle = 7
parameters.unit = {}
""")
    options = only.options({"unit": "it's"})
    assert options == {
        "timeout": 90.0, "canary": "1", "wave": "10%", "max_fail": "2", "unreachable_ok": True, "pause": "0.5",
        "gate": "load<8", "gate_run": """systemctl is-active -q 'it'"'"'s' || echo {host}""", "gate_timeout": 30.0,
        "spread": "tag:rack", "shuffle": 7,
    }  # fmt: skip
    assert taken(f"{job_written(options)} uptime") == (options, "uptime"), "on the screen they stand before the line"
    assert options.keys() - {"timeout"} == {word.name for word in WAVE_WORDS}, "each option of waves has its key"


def test_a_dangerous_one_is_found_by_its_line_whoever_types_it() -> None:
    config = parse(GOOD, Path("hosts.toml"))
    assert dangers(config.commands[0].line({"text": "x y"}), config.guard)
    assert not dangers(config.commands[1].line({}), config.guard)
    assert not dangers("systemctl restart libvirtd", config.guard)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "restart needs text=VALUE"),
        ("text=x unit=sshd", "unit of restart is one of libvirtd, virtqemud"),
        ("txt=x", "restart has no parameter 'txt'; did you mean text=?"),
        ("text", "behind restart stand its parameters, each as NAME=VALUE"),
        ("text='x", "a quote has no end"),
    ],
)
def test_a_wrong_value_is_refused(given: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        restart = read(GOOD)[0]
        restart.line(restart.typed(given))


def test_a_value_between_quotes_has_no_signs() -> None:
    (only,) = read("[commands.a]\nrun = \"sh -c 'echo {x}'\"\n[commands.a.parameters.x]\n")
    assert only.line({"x": "a-1"}) == "sh -c 'echo a-1'"
    with pytest.raises(ConfigError, match="the value of x has signs"):
        only.line({"x": "';id;'"})


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no command 'restrat': did you mean restart\?"):
        find(read(GOOD), "restrat")
    with pytest.raises(ConfigError, match=r"hosts\.toml has no"):
        find((), "x")


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("[commands.a]\n", 1, "commands.a.run", "is missing"),
        ("[commands.a]\nrun = 1\n", 2, "commands.a.run", "is the number 1"),
        ("[commands.a]\nrun = 'id'\nsudo = '-u x'\n", 3, "commands.a.sudo", "is '-u x'"),
        ("[commands.a]\nrun = 'id'\nsudo = 1\n", 3, "commands.a.sudo", "is the number 1"),
        ("[commands.a]\nrun = 'id'\ntimeout = 0\n", 3, "commands.a.timeout", "0"),
        ("[commands.a]\nrun = 'id'\nrnu = 'x'\n", 3, "commands.a.rnu", "unknown key"),
        ("[commands.a]\nrun = 'echo {b}'\n", 2, "commands.a.run", "column 6: {b} is no placeholder"),
        ("[commands.a]\nrun = 'id'\nparameters.b = {}\n", 3, "commands.a.parameters.b", "is not in run"),
        ("[commands.a]\nrun = 'id {host}'\nparameters.host = {}\n", 3, "commands.a.parameters.host", "for each host"),
        ("[commands.a]\nrun = 'id {b}'\nparameters.b = {choices = []}\n", 3, "commands.a.parameters.b.choices", "is "),
        (
            "[commands.a]\nrun = 'id {b}'\nparameters.b = {default = 'x', choices = ['y']}\n",
            3, "commands.a.parameters.b.default", "'x' is not among the choices",
        ),
        ("[commands.'a b']\nrun = 'id'\n", 1, "commands.\"a b\"", "no name of a command"),
        ("commands = 1\n", 1, "commands", "is "),
        ("[commands.a]\nrun = 'id'\nwave = '110%'\n", 3, "commands.a.wave", "'110%' is no number of hosts"),
        ("[commands.a]\nrun = 'id'\nwave = true\n", 3, "commands.a.wave", "no number of hosts"),
        ("[commands.a]\nrun = 'id'\nwave = 2\npause = 'long'\n", 4, "commands.a.pause", "'long' is not a number"),
        ("[commands.a]\nrun = 'id'\nwave = 2\nunreachable_ok = 1\n", 4, "commands.a.unreachable_ok", "1 is neither"),
        ("[commands.a]\nrun = 'id'\nwave = 2\ngate_timeout = 0\n", 4, "commands.a.gate_timeout", "0 is out of range"),
        ("[commands.a]\nrun = 'id'\nwave = 2\nshuffle = -1\n", 4, "commands.a.shuffle", "-1 is out of range"),
        ("[commands.a]\nrun = 'id'\nwave = 2\ngate = ''\n", 4, "commands.a.gate", "'' cannot be used"),
        ("[commands.a]\nrun = 'id'\ngate = 'load<8'\n", 3, "commands.a.gate", "stands between waves"),
        ("[commands.a]\nrun = 'id'\nwave = 2\ngate_run = 'x {u}'\n", 4, "commands.a.gate_run", "{u} is no placeholder"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place(text: str, line: int, key: str, message: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        read(text)
    (error, *_) = caught.value.errors
    assert (error.line, error.key) == (line, key)
    assert message in error.message and error.hint


_FEW = st.text("ab ", max_size=6)


@given(st.lists(st.text("ab ", min_size=1, max_size=3), min_size=1, max_size=4), st.data())
def test_the_line_of_a_dangerous_one_is_found_whatever_the_values(parts: list[str], data: st.DataObject) -> None:
    names = [f"p{number}" for number in range(len(parts))]
    run = "".join(f"{part}{{{name}}}" for part, name in zip(parts, names, strict=True)) + " end"
    command = NamedCommand("x", run, "", tuple(map(Parameter, names)), danger=True)
    line = command.line({name: data.draw(_FEW) for name in names})
    assert dangers(f"{data.draw(_FEW)}; {line}; {data.draw(_FEW)}", GuardSettings(danger=(command.pattern,)))


def test_a_dangerous_one_with_nothing_of_its_own_is_any_line() -> None:
    command = NamedCommand("x", "{a}{b}", "", (Parameter("a"), Parameter("b")), danger=True)
    assert dangers("id", GuardSettings(danger_builtin=False, danger=(command.pattern,))) == ((0, 2),)


def test_a_long_text_is_looked_through_once_and_not_for_each_way_to_divide_it_up() -> None:
    command = NamedCommand("x", "a {b} {c} end", "", (Parameter("b"), Parameter("c")), danger=True)
    guard = GuardSettings(danger_builtin=False, danger=(command.pattern,))
    begun = time.process_time()
    assert not dangers("a b " * 10_000, guard)
    assert time.process_time() - begun < 20.0, "each way to divide it up was tried"
