"""Answers beyond the list: one host's output in a pager with search, and all of them in files."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.fold import Fold
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.ui import turns
from atp_tui.ui.answers_saved import Group, file_name, written
from atp_tui.ui.screens.pager import PagerLines, PagerScreen, RawLines

from .conftest import Opened, open_app
from .fleet_services import FleetServices

HOSTILE = b"\x1b]0;owned\x07```\n# no head\n\xff\n"


def groups_of(*results: CommandResult) -> list[Group]:
    fold = Fold()
    fold.add(*results)
    fold.name_at_once(100)
    return [Group(part, tuple(map(str, fold.members(part.group))), fold.output(part.digest)) for part in fold.parts()]


def saved(name: str, *results: CommandResult) -> bytes:
    return b"".join(written(Path(name), "ls `x`", groups_of(*results)))


GOOD = CommandResult("kvm01", Outcome.OK, 0, b"one\ntwo\n", b"", 0.1)
BAD = CommandResult("kvm02", Outcome.FAILED, 3, HOSTILE, b"", 0.1)


def test_text_has_each_group_and_nothing_that_a_terminal_acts_on() -> None:
    text = saved("out.txt", GOOD, BAD).decode()
    assert text.startswith("ls `x`\n\nkvm01 (1): exit 0\n  one\n  two\n\nkvm02 (1): exit 3\n")
    assert all(character.isprintable() or character == "\n" for character in text)


def test_markdown_cannot_be_left_by_an_output() -> None:
    text = saved("out.md", GOOD, BAD).decode()
    assert "# ls \\`x\\`" in text and "\n````\n␛]0;owned␇```\n# no head\n" in text


def test_json_is_json_whatever_was_said() -> None:
    data = saved("out.json", GOOD, BAD)
    assert data.isascii()
    one, other = json.loads(data)["groups"]
    assert one["hosts"] == ["kvm01"] and one["output"] == "one\ntwo" and other["exit_status"] == 3
    assert json.loads(saved("out.json"))["groups"] == []


@given(st.text(min_size=1, max_size=300))
def test_the_name_of_a_file_is_one_whatever_a_host_is_called(host: str) -> None:
    name = file_name(host)
    assert len(os.fsencode(name)) <= 255 and "/" not in name and "\0" not in name and not name.startswith(".")


def test_each_host_has_a_file_of_its_own() -> None:
    hosts = ["..", ".", "%2E.", "a/b", "a%2Fb", "a" * 255, "a" * 256, "kvm01", "kvm01/web"]
    assert len({file_name(host) for host in hosts}) == len(hosts)


async def answered(opened: Opened, fakes: FleetServices, said: bytes = b"x\n") -> None:
    await opened.press("a", "exclamation_mark", *"ls", "enter")
    (job,) = fakes.jobs.started
    for host in job.hosts:
        job.end(host, Outcome.OK, 0, said)
    await opened.until(lambda: opened.has("4/4 done"))
    opened.screen.answers.focus()


async def test_w_fills_the_line_and_nothing_is_overwritten_unasked(
    fakes: FleetServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_app(fakes) as opened:
        await answered(opened, fakes)
        screen = opened.screen
        await opened.press("w")
        await opened.until(lambda: screen.pane.line.value == "save-answers atp-job-1.txt")
        await opened.press("enter")
        file = tmp_path / "atp-job-1.txt"
        await opened.until(lambda: file.exists() and opened.has("saved: atp-job-1.txt"))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.write_text("mine")
        screen._dispatch.do("save-answers", "atp-job-1.txt")
        await opened.until(lambda: opened.has("There is already atp-job-1.txt"))
        await opened.read()
        await opened.press("n")
        await opened.until(lambda: opened.app.screen is screen)
        assert file.read_text() == "mine"
        screen._dispatch.do("save-answers", f"{tmp_path}/each/")
        await opened.until(lambda: opened.has("saved: 4 files"))
        assert sorted(each.name for each in (tmp_path / "each").iterdir()) == [f"kvm0{n}.txt" for n in range(1, 5)]
        assert (tmp_path / "each" / "kvm01.txt").read_bytes() == b"x\n"
        screen._dispatch.do("save-answers", "/proc/no/such")
        await opened.until(lambda: opened.has("cannot be written"))


async def test_what_cannot_be_saved_is_told_and_leaves_what_was_there(fakes: FleetServices, tmp_path: Path) -> None:
    async with open_app(fakes) as opened:
        await answered(opened, fakes)
        save = opened.screen._dispatch.do
        save("save-answers", f"{tmp_path}/{'a' * 300}")
        await opened.until(lambda: opened.has("too long"))
        os.mkfifo(tmp_path / "pipe")
        save("save-answers", f"{tmp_path}/pipe")
        await opened.until(lambda: opened.screen.answers and opened.has("is no file"))
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
        kept = tmp_path / "kept.txt"
        kept.write_text("mine")
        save("save-answers", str(kept))
        await opened.read()
        fakes.jobs.started.clear()  # newer jobs need the room while it is asked
        await opened.press("y")
        await opened.until(lambda: opened.has("not kept any more"))
        assert kept.read_text() == "mine"
        save("cancel")  # tells other words in the line at the bottom; the answers may say it of themselves, too
        await opened.until(lambda: "not kept any more: newer" not in opened.text().splitlines()[-1])
        save("raw-answer")
        await opened.until(lambda: "not kept any more: newer" in opened.text().splitlines()[-1])
        save("save-answers", f"{tmp_path}/each/")
        assert not (tmp_path / "each").exists()


async def test_a_file_a_host_holds_its_own_words_where_answers_are_joined(fakes: FleetServices, tmp_path: Path) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for number, host in enumerate(job.hosts):
            job.end(host, Outcome.OK, 0, b"10.0.0.%d\n" % number)
        await opened.until(lambda: opened.has("4/4 done"))
        opened.screen._dispatch.do("mask-answers")
        await opened.until(lambda: opened.has("masked: 4 answers"))
        opened.screen._dispatch.do("save-answers", f"{tmp_path}/each/")
        await opened.until(lambda: opened.has("saved: 4 files"))
        said = {(tmp_path / "each" / file_name(host)).read_bytes() for host in job.hosts}
        assert said == {b"10.0.0.%d\n" % number for number in range(4)}


def test_what_was_cut_is_named_as_such() -> None:
    cut = CommandResult("kvm01", Outcome.OK, 0, b"one", b"", 0.1, truncated=True)
    assert b"kvm01 (1): exit 0, more was said than is kept" in saved("out.txt", cut)
    assert json.loads(saved("out.json", cut))["groups"][0]["truncated"]
    assert not json.loads(saved("out.json", GOOD))["groups"][0]["truncated"]


async def test_a_search_that_takes_long_lets_keys_be_heard(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_TURN", -1.0)
    monkeypatch.setattr(turns, "PAUSE", 3600.0)
    async with open_app(fakes) as opened:
        await answered(opened, fakes, b"".join(b"%d %s\n" % (number, b"x" * 900) for number in range(30)))
        await opened.press("o")
        await opened.until(lambda: isinstance(opened.app.screen, PagerScreen) and opened.has("30 lines"))
        assert "esc closes" in opened.lines()[-1]
        await opened.press("slash", *"zz", "enter")
        await opened.until(lambda: opened.has("searching"))
        await opened.press("q")
        await opened.until(lambda: not isinstance(opened.app.screen, PagerScreen))


async def test_a_host_that_was_not_reached_says_why_in_the_pager(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for host in job.hosts:
            job.end(host, Outcome.UNREACHABLE, None, b"", "no route to it")
        await opened.until(lambda: opened.has("4/4 done"))
        opened.screen.answers.focus()
        await opened.press("o")
        await opened.until(lambda: isinstance(opened.app.screen, PagerScreen) and opened.has("0 lines"))
        assert opened.has("no route to it")


async def test_o_shows_one_hosts_output_which_is_searched(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        screen = opened.screen
        await answered(opened, fakes, b"".join(b"line %d\n" % number for number in range(30_000)))
        await opened.press("o")
        await opened.until(lambda: isinstance(opened.app.screen, PagerScreen) and opened.has("30000 lines"))
        lines = opened.app.screen.query_one(PagerLines)
        await opened.press("slash", *"9+7$", "enter")
        await opened.until(lambda: lines.cursor_place == 97)
        await opened.press("n")
        await opened.until(lambda: lines.cursor_place == 197)
        await opened.press("N", "N")
        await opened.until(lambda: lines.cursor_place == 29997)
        await opened.press("slash", *"(a+)+", "enter")
        await opened.until(lambda: opened.has("very long"))
        await opened.press("q")
        await opened.until(lambda: opened.app.screen is screen)


def test_a_million_lines_are_taken_apart_in_one_stretch_that_nobody_notices() -> None:
    begun = time.thread_time()
    lines = RawLines(b"\n" * 999_999)
    assert len(lines) == 1_000_000 and lines.places["999999"] == 999_999
    assert time.thread_time() - begun < 1.0
