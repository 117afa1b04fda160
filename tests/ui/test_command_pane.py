"""The command line: which hosts it names, history, the question above twenty hosts, cancelling, completion, filter."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from textual import events

from atp_tui.config.replace import replace_file
from atp_tui.engine.resolved import Resolved
from atp_tui.model.host import HostInfo
from atp_tui.model.message import text
from atp_tui.model.outcome import Outcome
from atp_tui.model.problem import Problem
from atp_tui.ui import history as history_module
from atp_tui.ui.history import History
from atp_tui.ui.messages import FilterChanged
from atp_tui.ui.targeting import MOST_FOLDED, Targeting, split_line

from .conftest import open_app
from .fleet_services import FleetServices, S, rack
from .keyboard import Keyboard


async def test_the_line_names_the_host_under_the_cursor_then_the_marked_ones(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        assert opened.has("kvm01 (1) ❯")
        await opened.press("down")
        assert opened.has("kvm02 (1) ❯")
        await opened.press("space", "down", "space")
        assert opened.has("kvm[02-03] (2) ❯")
        await opened.press("up", "up")
        assert opened.has("kvm[02-03] (2) ❯"), "marks count, wherever the cursor goes"
        await opened.press("u", "home")
        assert opened.has("kvm[01-04] (4) ❯"), "on a group: all its hosts"


async def test_enter_runs_the_command_on_the_hosts_that_the_line_names(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("space", "down", "space", "exclamation_mark")
        await opened.type("uname -r")
        assert not fakes.jobs.started, "nothing runs before Enter"
        await opened.press("enter")
        (job,) = fakes.jobs.started
        assert job.hosts == ("kvm01", "kvm02")
        assert job.title == "uname -r"


async def test_a_first_word_with_at_names_other_hosts() -> None:
    fakes = FleetServices(rack(2) + rack(3, tag="rack2", start=3))
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm04", S.FAILED, "refused")
        await opened.until(lambda: opened.has("✕ 1"))
        await opened.press("exclamation_mark")
        await opened.type("@rack2&state:connected uptime")
        assert opened.has("@rack2&state:connected (2) ❯")
        await opened.press("enter")
        assert fakes.jobs.started[0].hosts == ("kvm03", "kvm05")
        assert fakes.jobs.started[0].title == "uptime"


async def test_a_condition_stands_behind_any_sign_and_a_mistake_is_told_with_its_place() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, (160, 40)) as opened:
        fakes.transport.change("kvm02", S.FAILED, "refused")
        await opened.until(lambda: opened.has("✕ 1"))
        await opened.press("exclamation_mark")
        await opened.type("@rack1!state:failed uptime")
        assert opened.has("@rack1!state:failed (3) ❯")
        await opened.press("enter")
        assert fakes.jobs.started[0].hosts == ("kvm01", "kvm03", "kvm04")
        await opened.type("@rack1!stat:failed")
        assert opened.has("unknown field stat (column 8); did you mean state?")
        await opened.press("enter")
        assert len(fakes.jobs.started) == 1


async def test_a_tag_that_nobody_has_is_told_and_nothing_runs(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark")
        await opened.type("@rack7 uptime")
        await opened.press("enter")
        assert opened.has("no such tag: @rack7")
        assert not fakes.jobs.started


async def test_above_twenty_hosts_their_number_is_typed_and_no_leaves_the_line() -> None:
    fakes = FleetServices(rack(21))
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id", "enter")
        assert opened.has("21 hosts") and opened.has("  id")
        await opened.read()
        await opened.press("enter", "enter", "y", "enter", "backspace", *"20", "enter")
        assert opened.has("That is not 21") and not fakes.jobs.started
        await opened.press("escape")
        assert not fakes.jobs.started and opened.screen.pane.line.value == "id"
        await opened.press("x", "enter")
        await opened.read()
        await opened.press(*"21", "enter")
        assert len(fakes.jobs.started[0].hosts) == 21
        assert fakes.jobs.started[0].title == "idx"
        assert opened.screen.pane.line.value == ""


async def test_to_run_again_where_it_failed_asks_for_the_number_as_well() -> None:
    fakes = FleetServices(rack(21))
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id", "enter")
        await opened.read()
        await opened.press(*"21", "enter")
        for host in fakes.jobs.started[0].hosts:
            fakes.jobs.started[0].end(host, Outcome.FAILED, 1)
        await opened.until(lambda: opened.has("21/21 done"))
        await opened.press("escape", "colon")
        await opened.type("rerun")
        await opened.press("enter")
        await opened.read()
        assert len(fakes.jobs.started) == 1
        await opened.press(*"21", "enter")
        assert len(fakes.jobs.started) == 2


async def test_the_answer_counts_for_the_hosts_it_was_asked_about() -> None:
    fakes = FleetServices(rack(22))
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id", "enter")
        await opened.read()
        fakes.transport.remove("kvm22")
        await opened.until(lambda: fakes.fleet.summary().hosts == 21)
        await opened.press(*"22", "enter")
        assert not fakes.jobs.started
        assert opened.has("enter asks again") and opened.screen.pane.line.value == "id"


async def test_the_answer_counts_though_other_hosts_would_be_meant_by_now() -> None:
    fakes = FleetServices(rack(23))
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark")
        await opened.type("@all&state:connected id")
        await opened.press("enter")
        await opened.read()
        fakes.transport.change("kvm22", S.RECONNECTING, "gone for a moment")
        await opened.until(lambda: len(opened.app._main.pane._select("@all&state:connected id").ids) == 22)
        await opened.press(*"23", "enter")
        assert [len(job.targets) for job in fakes.jobs.started] == [23]


async def test_a_line_that_is_being_typed_keeps_its_hosts_when_the_filter_hides_them(fakes: FleetServices) -> None:
    """The cursor of the tree lands on a neighbour then, which nobody has chosen."""
    async with open_app(fakes) as opened:
        opened.screen.pane.post_message(FilterChanged("state:connected"))
        await opened.press("down")
        assert opened.hosts.cursor_hosts == ("kvm02",)
        await opened.press("exclamation_mark", *"sync")
        fakes.transport.change("kvm02", S.RECONNECTING, "gone for a moment")
        await opened.until(lambda: opened.hosts.cursor_hosts == ("kvm03",))
        opened.app.post_message(events.AppBlur())  # another window is looked at for a while
        fakes.transport.change("kvm03", S.RECONNECTING, "gone for a moment")
        await opened.until(lambda: opened.hosts.cursor_hosts == ("kvm04",))
        opened.app.post_message(events.AppFocus())
        await opened.until(lambda: opened.screen.pane.line.has_focus)
        assert opened.has("kvm02 (1) ❯ sync")
        await opened.press("enter")
        assert [job.hosts for job in fakes.jobs.started] == [("kvm02",)]
        opened.hosts.focus()
        await opened.until(lambda: opened.has("kvm04 (1) ❯"))


def test_so_many_hosts_that_folding_their_names_would_hold_up_the_keys_are_told_by_the_first() -> None:
    fakes = FleetServices(rack(3))
    targeting = Targeting(fakes.fleet)
    targeting.point(("kvm01", "kvm02", "kvm03"), ())
    assert targeting.select("id").label == "kvm[01-03]"
    many = tuple(f"dc{n % 3}-r{n % 41}-n{n}" for n in range(MOST_FOLDED + 1))
    assert targeting.point(many, ("kvm01",)) and not targeting.point(many, ("kvm01",))
    assert targeting.select("id").label == "dc0-r0-n0 and others"
    assert targeting.hosts == many


async def test_a_line_that_was_begun_before_there_was_a_host_takes_those_that_come() -> None:
    fakes = FleetServices([])
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"id")
        fakes.transport.add(rack(1)[0])
        await opened.until(lambda: opened.has("kvm01 (1) ❯ id"))


async def test_a_marked_host_that_goes_is_not_marked_when_it_comes_again(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("down", "space")
        host = fakes.transport.infos["kvm02"]
        fakes.transport.remove("kvm02")
        await opened.until(lambda: not opened.hosts.asked.marked)
        fakes.transport.add(host)
        await opened.until(lambda: opened.has("kvm02"))
        assert not opened.hosts.asked.marked


async def test_a_host_that_goes_while_a_line_is_typed_is_counted_no_more(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id")
        assert opened.has("kvm[01-04] (4) ❯")
        fakes.transport.remove("kvm02")
        await opened.until(lambda: opened.has("kvm[01-04] (3) ❯") and opened.has("kvm02 takes no commands"))


async def test_a_line_that_was_begun_for_no_host_takes_none_that_the_filter_lets_through_later(
    fakes: FleetServices,
) -> None:
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(b"/state:failed\r!reboot")
        await keyboard.done()
        fakes.transport.change("kvm02", S.FAILED, "refused")
        await opened.until(lambda: opened.hosts.cursor_hosts == ("kvm02",))
        assert opened.has("no host (0) ❯ reboot")
        keyboard.send(b"\r")
        await keyboard.done()
        assert not fakes.jobs.started
        opened.hosts.focus()
        await opened.until(lambda: opened.has("kvm02 (1) ❯"))


async def test_the_answer_counts_for_the_line_it_was_asked_about() -> None:
    fakes = FleetServices(rack(23))
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id", "enter")
        await opened.read()
        opened.app._main.pane.line.value = "reboot"
        await opened.press(*"23", "enter")
        await opened.until(lambda: opened.has("enter asks again"))
        assert not fakes.jobs.started


@pytest.mark.parametrize("by", ["line", "palette"])
async def test_an_action_keeps_its_hosts_while_it_is_typed_or_chosen(fakes: FleetServices, by: str) -> None:
    """Neither the `:` line nor the palette shows which hosts are meant: they are those that were pointed at before."""
    async with open_app(fakes) as opened:
        opened.screen.pane.post_message(FilterChanged("state:connected"))
        await opened.press("down")
        tree, screen = opened.hosts, opened.screen
        assert tree.cursor_hosts == ("kvm02",)
        keyboard = Keyboard(opened.app)
        keyboard.send(b":disconnect" if by == "line" else b"\x10disconnect")
        await keyboard.done()
        fakes.transport.change("kvm02", S.RECONNECTING, "gone for a moment")
        await opened.until(lambda: tree.cursor_hosts == ("kvm03",))
        keyboard.send(b"\r" if by == "line" else b"\r\r")  # the palette takes what was found, and then does it
        await opened.until(lambda: fakes.door.passed)
        assert [asked.hosts for asked in fakes.passed("disconnect")] == [("kvm02",)]
        await opened.until(lambda: screen.pane.has_focus or opened.has("kvm03 (1) ❯"))


async def test_a_line_keeps_of_a_group_the_hosts_that_were_shown_as_it_was_begun(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm02", S.RECONNECTING, "gone for a moment")
        opened.screen.pane.post_message(FilterChanged("state:connected"))
        await opened.press("home")
        assert opened.hosts.cursor_hosts == ("kvm01", "kvm03", "kvm04")
        await opened.press("exclamation_mark", *"id")
        fakes.transport.change("kvm02", S.CONNECTED)
        await opened.until(lambda: len(opened.hosts.cursor_hosts) == 4)
        await opened.press("enter")
        assert [job.hosts for job in fakes.jobs.started] == [("kvm01", "kvm03", "kvm04")]


async def test_hosts_that_take_no_commands_are_left_out_and_told() -> None:
    silent = HostInfo("kvm09", "192.0.2.99", uri="qemu+tcp://192.0.2.99/system", tags=("rack1",), ssh=None)
    fakes = FleetServices([*rack(2), silent])
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id")
        assert opened.has("kvm09 takes no commands")
        await opened.press("enter")
        assert fakes.jobs.started[0].hosts == ("kvm01", "kvm02")
        await opened.press("tab", "tab")
    fakes = FleetServices([silent])
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"id", "enter")
        assert opened.has("no host of these takes commands")
        assert not fakes.jobs.started


async def test_hosts_of_an_earlier_job_are_shown_once_it_was_read_and_those_that_are_gone_are_counted() -> None:
    fakes = FleetServices(rack(3))
    reading = Resolved(problem=Problem(text("targets: reading job 17 …"), column=1), waits=True)
    fakes.targets.jobs["@job.17.failed"] = reading
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"@job.17.failed")
        assert opened.has("reading job 17 …")
        await opened.press("enter")
        assert not fakes.jobs.started
        fakes.targets.jobs["@job.17.failed"] = Resolved(("kvm01", "kvm03"), gone=("kvm09",))
        await opened.until(lambda: opened.has("@job.17.failed (2)"))  # nothing was pressed
        assert opened.has("1 is in hosts.toml no more")
        await opened.press("space", *"id", "enter")
        assert fakes.jobs.started[0].hosts == ("kvm01", "kvm03")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_escape_leaves_the_line_and_the_job_runs_on(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, size) as opened:
        await opened.press("exclamation_mark", *"sleep", "enter", *"id", "escape")
        await opened.until(lambda: opened.hosts.has_focus)
        assert opened.screen.pane.line.value == "id", "what was typed waits"
        await opened.press("tab", "tab")
        opened.screen.answers.focus()
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus)
        await opened.press("5")
        await opened.until(lambda: opened.screen.view.id == "jobs-view")
        await opened.press("enter")
        await opened.until(lambda: opened.screen.view.id == "answers-view" and opened.screen.answers.has_focus)
        await opened.press("escape")
        await opened.until(lambda: opened.screen.view.id == "jobs-view")
        await opened.press("escape")
        await opened.until(lambda: opened.screen.view.id == "hosts" and opened.hosts.has_focus)
        assert not fakes.jobs.started[0].cancelled
        await opened.press("ctrl+c")
        assert fakes.jobs.started[0].cancelled


async def test_cancel_ends_the_job_and_once_more_leaves_the_line(fakes: FleetServices) -> None:
    key = "ctrl+c"
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"sleep", "enter", key)
        (job,) = fakes.jobs.started
        assert job.cancelled
        assert opened.screen.pane.line.has_focus
        await opened.until(lambda: opened.has("1 cancelled"))
        await opened.press(key)
        assert opened.hosts.has_focus


async def test_when_a_cancelled_job_has_ended_it_is_told_how_far_it_had_come(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("asterisk", "exclamation_mark", *"sleep", "enter")
        (job,) = fakes.jobs.started
        job.end("kvm01")
        job.end("kvm02", Outcome.FAILED, 1)
        job.end("kvm03", Outcome.UNREACHABLE, None, error="refused")
        await opened.until(lambda: opened.has("3/4 done"))
        job.takes_its_time = True
        await opened.press("ctrl+c")
        await opened.until(lambda: opened.has("cancelling #1 sleep: its commands"))
        job.end("kvm04", Outcome.CANCELLED, None)
        await opened.until(lambda: opened.has("cancelled #1 sleep: 2 of 4 hosts had answered"))
        assert not opened.has("cancelling")


async def test_a_job_that_ends_by_itself_tells_of_no_cancel(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"sleep", "enter", "ctrl+c")
        await opened.until(lambda: opened.has("cancelled #1 sleep: 0 of 1 host had answered"))
        await opened.press(*"true", "enter")
        fakes.jobs.started[1].end("kvm01")
        opened.screen.tell("something else")
        await opened.until(lambda: opened.has("1/1 done · 1 ok"))
        assert opened.has("something else")


async def test_history_is_walked_and_survives_the_program(tmp_path: Path) -> None:
    file = tmp_path / "state" / "history"
    fakes = FleetServices(rack(1), file)
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark")
        for line in ("date", "uptime"):
            await opened.press(*line, "enter")
            fakes.jobs.started[-1].end("kvm01")
            await opened.until(lambda: not opened.screen.jobs.running)
        await opened.press(*"dra", "up")
        assert opened.screen.pane.line.value == "uptime"
        await opened.press("up", "up")
        assert opened.screen.pane.line.value == "date"
        await opened.press("down", "down", "down")
        assert opened.screen.pane.line.value == "dra"
    assert file.read_text() == "date\nuptime\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with open_app(FleetServices(rack(1), file)) as opened:
        await opened.press("exclamation_mark", "up")
        assert opened.screen.pane.line.value == "uptime"


async def test_a_pasted_escape_sequence_is_refused(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"id")
        opened.screen.pane.line.insert_text_at_cursor("\x1b]0;x\x07")
        assert opened.screen.pane.line.value == "id"


async def test_the_filter_narrows_the_tree_while_typing_and_escape_clears_it(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("slash", *"kvm03")
        await opened.until(lambda: opened.hosts.shown_hosts == ("kvm03",))
        await opened.press("enter")
        assert opened.app.focused is opened.hosts
        assert opened.hosts.shown_hosts == ("kvm03",), "Enter keeps it"
        assert opened.has("(1) ❯")
        await opened.press("slash", "escape")
        await opened.until(lambda: len(opened.hosts.shown_hosts) == 4)
        await opened.press("slash", *"kvm02", "enter", "escape")
        await opened.until(lambda: len(opened.hosts.shown_hosts) == 4)
        await opened.press("slash")
        assert opened.screen.pane.line.value == ""


async def test_ctrl_c_cancels_the_job_from_anywhere_and_quits_nothing(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"sleep", "enter")
        opened.hosts.focus()
        await opened.press("ctrl+c")
        assert fakes.jobs.started[0].cancelled
        await opened.until(lambda: not opened.screen.jobs.running)
        await opened.press("ctrl+c")
        assert opened.has("q quits")


async def test_the_hosts_of_a_condition_are_counted_anew_while_the_line_stands() -> None:
    fakes = FleetServices(rack(3))
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark")
        await opened.type("@all&state:failed uptime")
        assert opened.has("no host is left by")
        fakes.transport.change("kvm02", S.FAILED, "refused")
        await opened.until(lambda: opened.has("@all&state:failed (1) ❯") and not opened.has("no host is left by"))


async def test_a_command_is_completed_and_done(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("colon", *"ret")
        await opened.until(lambda: opened.screen.pane.line._suggestion)
        await opened.press("tab")
        assert opened.screen.pane.line.value == "retry"
        await opened.press("enter")
        await opened.until(lambda: fakes.passed("retry"))
        assert [each.hosts for each in fakes.passed("retry")] == [("kvm01",)]
        assert opened.has("retry: kvm01")


async def test_an_action_fails_with_its_reason_and_an_unknown_one_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.door.fails = "no route \x1b[31m[/]"
        await opened.press("r")
        await opened.until(lambda: opened.has("no route ␛[31m[/]"))
        await opened.press("colon", *"nonesuch", "enter")
        await opened.until(lambda: opened.has("no command nonesuch"))


async def test_actions_take_hosts_by_name_and_jump_goes_there(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("colon")
        await opened.type("disconnect @kvm[02-03] now")
        await opened.press("enter")
        await opened.until(lambda: opened.has("disconnect takes no words: now is too much"))
        assert not fakes.door.passed
        await opened.press("colon")
        await opened.type("disconnect @kvm[02-03]")
        await opened.press("enter")
        await opened.until(lambda: fakes.passed("disconnect"))
        assert [each.hosts for each in fakes.passed("disconnect")] == [("kvm02", "kvm03")]
        await opened.press("colon")
        await opened.type("jump kvm04")
        await opened.press("enter")
        assert opened.hosts.cursor_hosts == ("kvm04",)


# Without an application


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("uname -r", (None, "uname -r")),
        ("  uname", (None, "uname")),
        ("@rack1 uname  -r", ("@rack1", "uname  -r")),
        ("@rack1", ("@rack1", "")),
        ("echo @rack1", (None, "echo @rack1")),
    ],
)
def test_split_line(line: str, parts: tuple[str | None, str]) -> None:
    assert split_line(line) == parts


def test_a_node_set_may_follow_the_at_sign() -> None:
    fakes = FleetServices(rack(4))
    targeting = Targeting(fakes.fleet)
    assert targeting.select("@kvm[02-03] id").ids == ("kvm02", "kvm03")
    assert targeting.select("@all id").ids == ("kvm01", "kvm02", "kvm03", "kvm04")
    assert targeting.select("@all ! test -e /x").command == "! test -e /x"
    assert targeting.select("@nope id").problem
    assert targeting.select("id").problem == "no host is marked or under the cursor"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("@kvm[04-01] id", "runs backwards in '@kvm[04-01]' (column 6); write @kvm[01-04]"),
        ("@kvm01|kvm02 id", "put one there: @kvm01,kvm02"),
        ("@kvm{01,02} id", "write @kvm[01,02]"),
        ("@kvm01:22 id", "a port in '@kvm01:22'; write kvm01: the port is in hosts.toml"),
        ("@root@kvm01 id", "a user in '@root@kvm01'; write kvm01: the user is in hosts.toml"),
        ("@rack1@rack1 id", "write @rack1,@rack1 for both"),
        ("@kvm[01, 02] id", "without blanks"),
        ("!@all cd /x; rm *", "leave out the !: write @all cd /x; rm *"),
        ("!cd /x; rm *", "leave out the !: write cd /x; rm *"),
        ("@all !id", "leave out the !: write id"),
        (
            "@rack1&latency>5 id",
            "unknown field latency (column 8); cpu, memory (mem), rtt, vms, req, errors (err) and load",
        ),
        ("@rack1&name:x id", "name: is asked of VMs"),
        ("@rack1&state:failed id", "left by '@rack1&state:failed'; the conditions hold for none of these hosts now"),
        ("@kvm01,@rak1 id", "no such tag: @rak1 (column 8); did you mean @rack1?"),
        ("@cpu>80 id", "not known, and so left out: kvm01, kvm02"),
        ("@root:not-for-the-screen@kvm01 id", "a user in '@root:…@kvm01'"),
    ],
)
def test_a_mistake_in_the_line_is_answered_in_the_words_of_the_verbs(
    line: str, said: str, fakes: FleetServices
) -> None:
    targeting = Targeting(fakes.fleet)
    selection = targeting.select(line)
    assert selection.ids == ()
    assert said in (selection.problem or "")
    assert "not-for-the-screen" not in repr(selection)


@pytest.mark.parametrize(
    "line",
    [
        " secret-by-space", "mysql -u root -phunter2", "export PASSWORD=x", "curl -H 'Authorization: Bearer abc'",
        "sshpass -p x ssh h", "curl https://u:p@example.org/", "vault --token abc", "echo api_key=1", "",
        "AWS_SECRET_ACCESS_KEY=x aws s3 ls", "curl -u ann:hunter2 https://x", "curl --user=ann:x y", "curl -uann:x y",
        "echo x | sudo -S id", "sudo -kS id", "sudo -u ann -S id", "docker login -u ann -p hunter2 reg",
        "echo ann:x | chpasswd", "redis-cli -a hunter2 info", "psql postgres://:pw@db/x", "export STRIPE_KEY=sk_1",
        "echo x | passwd ann", "ldapsearch -D cn=a -w hunter2", "ipmitool -H x -U a -P b power on",
        "virsh secret-set-value 1-2 aGk=", "htpasswd -nb ann x", "echo x | passwd --stdin ann", "MY_KEY= x nc",
        "smbclient //h/s -U ann%x", "smbclient '-Uann%x' //h/s", "A=1 MY_KEY_2=x nc", "mariadb-dump -u a -px",
        "7z a -px y", "zip -P x y", "sudo --stdin id", "export A=KEY=1 DB_PASS=x", "--password\u00a0x",
    ],
)  # fmt: skip
def test_history_keeps_no_line_that_may_hold_a_secret(tmp_path: Path, line: str) -> None:
    file = tmp_path / "history"
    history = History(file)
    history.add(line)
    assert history.lines == ()
    assert not file.exists()


@pytest.mark.parametrize(
    "line",
    [
        "passwd -S root", "ls -p /etc", "systemctl status sshd", "cat /etc/passwd", "docker run -u 1000:1000 x id",
        "sort --key=2 x", "mkdir -p /a", "ssh -p 22 x", "sudo -u ann ls", "sudo systemctl restart x",
        "sort -u /a:b", "curl http://h:80/a@b", "grep -u x", "date +%H:%M", "KEYBOARD=us x", "MONKEY=1 x", "A_KEY=",
        "smbclient -L host", "mysqldump -u a",
    ],
)  # fmt: skip
def test_history_keeps_what_only_looks_a_little_like_it(line: str) -> None:
    history = History()
    history.add(line)
    assert history.lines == (line,)


HOSTILE = (
    "sshpass ", "mysql.", "mysql ", "login ", "redis-cli ", "ldapa ", "zip ", "7z ", "smbclient -U", "-U", "sudo ",
    "sudo -", "htpasswd -a", "KEY_", "A_", "KEY_A_", "passwd ", "| ", "pass ", " -u", " -u ", "://", "://a:", " -u 1:",
    "--pass ", "A=", "A=\t", " ",
)  # fmt: skip


@pytest.mark.timeout(120)
def test_no_line_takes_history_long() -> None:
    """A program's name again and again took half a minute for 100 kB: each place was tried with all that follows."""
    for unit in HOSTILE:
        for before in ("", "sudo ", "mysql ", "smbclient "):
            History().add(before + unit * (100_000 // len(unit)))


def test_lines_of_ones_own_patterns_are_not_kept_either() -> None:
    history = History(secrets=[r"\bvault\b.*\s-t\b"])
    history.add("vault read -t x")
    history.add("vault status")
    assert history.lines == ("vault status",)


def test_history_keeps_each_line_once_and_no_more_than_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "history"
    history = History(file, limit=3)
    for line in ("a", "b", "a", "c", "d"):
        history.add(line)
    assert history.lines == ("a", "c", "d")
    for number in range(10):
        history.add(f"x{number}")
    assert History(file, limit=3).lines == ("x7", "x8", "x9")
    assert file.read_text() == "x7\nx8\nx9\n", "a file that has grown long is shortened when read"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_history_from_a_file_has_no_control_characters(tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.write_bytes(b"id\x1b[31m\nls\xff\n" + "rm \u202eevil\u2066 x\u2028y\n".encode())
    assert History(file).lines == ("id[31m", "ls\N{REPLACEMENT CHARACTER}", "rm evil xy")


@pytest.mark.parametrize("kind", ["fifo", "directory", "endless", "full", "blocked"])
def test_what_cannot_be_a_history_costs_the_history_and_one_message(tmp_path: Path, kind: str) -> None:
    """A pipe that nobody writes to held the start up, before any signal was heard."""
    file = tmp_path / "history"
    match kind:
        case "fifo":
            os.mkfifo(file)
        case "directory":
            file.mkdir()
        case "blocked":
            tmp_path.joinpath("x").write_text("a file where a directory is needed")
            file = tmp_path / "x" / "history"
        case _:
            file.symlink_to("/dev/zero" if kind == "endless" else "/dev/full")
    told: list[str] = []
    history = History(file, tell=told.append)
    for line in ("id", "uptime"):
        history.add(line)
    assert history.lines == ("id", "uptime")
    assert len(told) == 1 and told[0].startswith(f"the history is not kept: {file}: "), told


def test_a_history_that_goes_to_dev_null_is_none_and_leaves_that_as_it_is(tmp_path: Path) -> None:
    file, told = tmp_path / "history", list[str]()
    file.symlink_to(os.devnull)
    History(file, tell=told.append).add("id")
    assert told == []
    assert stat.S_IMODE(os.stat(os.devnull).st_mode) & 0o666 == 0o666, "as root it would have been made private"


def test_what_another_program_adds_while_the_history_is_shortened_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "history"
    file.write_text("".join(f"old{number}\n" for number in range(30)))
    other = History(file, limit=100)
    adding = threading.Thread(target=other.add, args=["of the other program"])

    def slowly(*arguments: Any, **named: Any) -> None:
        adding.start()  # what is kept was read already
        adding.join(0.05)
        replace_file(*arguments, **named)

    monkeypatch.setattr(history_module, "replace_file", slowly)
    History(file, limit=10)
    adding.join()
    assert file.read_text().splitlines() == [*(f"old{number}" for number in range(20, 30)), "of the other program"]


def test_history_without_a_writable_file_lives_in_memory(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a directory is needed")
    history = History(tmp_path / "blocked" / "history")
    history.add("id")
    assert history.lines == ("id",)
    assert history.completion("i") == "id"
