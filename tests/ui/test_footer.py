"""The bottom line: hints that matter stay, a message stands beside them, the most dangerous question comes first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CredentialWanted, HostKeyRejected
from atp_tui.monitor.rows import HostRow
from atp_tui.monitor.tally import Tally, Waiting
from atp_tui.ui.screens.keys import calling_keys
from atp_tui.ui.text import width_of
from atp_tui.ui.widgets.footer import NOTICE_SECONDS, WRONG_SECONDS, KeyLine, Keys, fitting

from .conftest import open_app
from .fleet_services import FleetServices, S, rack
from .keyboard import Keyboard
from .rows import host_row
from .shown import ShownRows

UNKNOWN = HostKeyRejected("unknown").trouble
CHANGED = HostKeyRejected("changed", known=True, fingerprint="SHA256:x").trouble
WANTED = CredentialWanted("wants one").trouble

KEYS: Keys = (
    ("space", "mark"), ("enter", "open"), ("/", "filter"), (":", "command"), ("!", "run"), ("r", "retry"),
    ("t", "theme"), ("?", "help"), ("q", "quit"),
)  # fmt: skip


def calls(rows: Sequence[HostRow]) -> Sequence[Waiting]:
    return Tally(ShownRows(rows)).summary().calls


def shown(calls: Keys, keys: Keys) -> str:
    return "   ".join(f"{key} {meaning}" for key, meaning in (*calls, *keys))


def test_the_most_dangerous_question_is_named() -> None:
    down = {"state": ConnectionState.FAILED, "cause": "x"}
    rows = [
        host_row("newkey", trouble=UNKNOWN, **down),
        host_row("changedkey", trouble=CHANGED, **down),
        host_row("box", trouble=WANTED, **down),
    ]
    assert calling_keys(calls(rows)) == (("K", "changedkey: key CHANGED"), ("P", "box: wants a password"))
    assert calling_keys(calls(rows[:1])) == (("K", "newkey: key unknown"),)
    assert (
        calling_keys(
            calls([host_row("a", state=ConnectionState.FAILED, trouble=HostKeyRejected("x", known=True).trouble)])
        )
        == ()
    )


@pytest.mark.parametrize("host", ["kvm03", "k" * 24, "a-host-id-of-fifty-nine-cells-" * 2])
@pytest.mark.parametrize("width", [79, 100, 119, 199])
def test_a_question_leaves_the_hints_that_matter(width: int, host: str) -> None:
    calls, keys = fitting((("K", f"{host}: key CHANGED"), ("P", f"{host}: wants a password")), KEYS, width)
    text = shown(calls, keys)
    assert width_of(text) <= width
    for words in ("! run", "/ filter", "? help   q quit", "K ", ": key CHANGED"):
        assert words in text, text


@pytest.mark.parametrize("width", range(16, 130))
def test_the_line_is_never_too_long(width: int) -> None:
    for calls in ((), (("K", "kvm03: key CHANGED"),), (("K", "kvm03: key CHANGED"), ("P", "kvm04: wants a password"))):
        text = shown(*fitting(calls, KEYS, width))
        assert width_of(text) <= width
        assert text.endswith("? help   q quit")


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("command", ["nosuch", "n" * 300, "theme nope"])
async def test_a_message_stands_beside_the_hints(width: int, command: str) -> None:
    fakes = FleetServices(rack(3))
    async with open_app(fakes, (width, 24)) as opened:
        keyboard = Keyboard(opened.app)  # the pilot's own keys would take half a minute
        keyboard.send(f":{command}\r".encode())
        await keyboard.done()
        await opened.until(lambda: " no " in opened.lines()[-1])
        line = opened.lines()[-1]
        assert "? help   q quit" in line and line.index("q quit") < line.index(" no ")
        assert len(command) < 100 or line.rstrip().endswith("…"), "what is cut is marked"
        opened.screen.tell("x" * 300)
        await opened.pilot.pause()
        line = opened.lines()[-1]
        assert all(words in line for words in ("! run", "/ filter", "? help   q quit")) and line.rstrip().endswith("x…")
        opened.screen.tell("theme light")
        await opened.pilot.pause()
        line = opened.lines()[-1]
        assert all(words in line for words in ("! run", "/ filter", "? help   q quit")) and line.rstrip().endswith(
            "theme light"
        )


async def test_a_message_goes_and_one_that_says_what_is_wrong_stays_longer() -> None:
    line = KeyLine()
    for wrong, limit in ((False, NOTICE_SECONDS), (True, WRONG_SECONDS)):
        line.tell("words", 100.0, wrong=wrong)
        line.tick(100.0 + limit)
        assert line.notice == ("words", wrong)
        line.tick(100.1 + limit)
        assert line.notice == ("", False)


async def test_a_question_is_seen_at_80_columns_with_the_hints() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, (80, 24)) as opened:
        fakes.transport.change("kvm01", S.FAILED, "unknown", retries=False, trouble=UNKNOWN)
        fakes.transport.change("kvm02", S.FAILED, "changed", retries=False, trouble=CHANGED)
        await opened.until(lambda: "K kvm02: key CHANGED" in opened.lines()[-1])
        line = opened.lines()[-1]
        assert all(words in line for words in ("! run", "/ filter", "? help   q quit"))


async def test_an_empty_fleet_says_where_hosts_belong_and_which_key_helps() -> None:
    fakes = FleetServices([])
    async with open_app(fakes, (80, 24)) as opened:
        await opened.until(lambda: opened.has("No hosts yet."))
        assert opened.has("hosts.toml") and opened.has("Press q")
        assert opened.has("no host (0) ❯")
