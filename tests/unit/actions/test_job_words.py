"""The options of a job as they are typed before a command."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.actions.action import Value
from atp_tui.actions.job_words import JOB_WORDS, taken
from atp_tui.executor.spec import JobOptions
from atp_tui.model.errors import ActionFailed


@pytest.mark.parametrize(
    ("line", "options", "command"),
    [
        ("uname -r", {}, "uname -r"),
        ("ls --retry 2", {}, "ls --retry 2"),
        ("--retry 2 uname -r", {"retries": 2}, "uname -r"),
        ("--retry=2 --retry-any  uname", {"retries": 2, "retry_any": True}, "uname"),
        ("--deadline 1.5 --per-host 2 --per-jump 3 id", {"deadline": 1.5, "per_host": 2, "per_jump": 3}, "id"),
        ("--priority -5 id", {"priority": -5}, "id"),
        ("--timeout 3 -- --odd", {"timeout": 3.0}, "--odd"),
        ("--sudo id", {"sudo": "root"}, "id"),
        ("--sudo=www-data --retry 1 id -u", {"sudo": "www-data", "retries": 1}, "id -u"),
        ("--when-back 90m id", {"when_back": 5_400.0}, "id"),
        ("-- --retry 2", {}, "--retry 2"),
        ("--fanout 1", {"fanout": 1}, ""),
        ("-x y", {}, "-x y"),
        ("--", {}, ""),
    ],
)
def test_options_stand_before_the_command(line: str, options: dict[str, Value], command: str) -> None:
    assert taken(line) == (options, command)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--retyr 2 id", "no option --retyr: write --retry"),
        ("--retry two id", "--retry wants a whole number of 0 or more, not 'two'"),
        ("--retry -1 id", "--retry wants a whole number of 0 or more, not '-1'"),
        ("--retry", "--retry wants a whole number of 0 or more, not ''"),
        ("--deadline 0 id", "--deadline wants a number of seconds above 0, not '0'"),
        ("--deadline 1e3 id", "--deadline wants a number of seconds above 0"),
        ("--deadline ١ id", "--deadline wants a number of seconds above 0"),
        ("--per-host 0 id", "--per-host wants a whole number of 1 or more, not '0'"),
        ("--priority 101 id", "--priority wants a whole number from -100 to 100, not '101'"),
        ("--when-back 24 id", "--when-back wants a span of minutes, hours or days, such as 90m, 24h or 7d"),
        ("--when-back 0h id", "--when-back wants a span"),
        ("--when-back 29d id", "of 28d at most, not '29d'"),
        ("--sudo=-u id", "--sudo wants the name of a user there, such as postgres, not '-u'"),
        ("--retry-any=1 id", "--retry-any takes no value"),
    ],
)
def test_what_is_wrong_is_said(line: str, told: str) -> None:
    with pytest.raises(ActionFailed) as raised:
        taken(line)
    assert told in str(raised.value)


def test_each_option_is_one_of_a_job() -> None:
    names = [word.name for word in JOB_WORDS]
    assert len(set(names)) == len(names)
    assert set(names) - {"when_back"} == set(names) & {field.name for field in fields(JobOptions)}


@given(st.text())
def test_no_line_is_too_odd(line: str) -> None:
    try:
        options, command = taken(line)
    except ActionFailed:
        return
    for of_its_own in ("when_back", "sudo"):
        options.pop(of_its_own, None)
    JobOptions(**options)  # type: ignore[arg-type]
    assert command in line
