"""Hypervisors that send texts, or numbers out of range, in the place of figures: to a screen in a real terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..daemons.hostile_libvirtd import ALL_STATS, NODE_INFO, HostileLibvirtd, node_info, stats
from .real_terminal import Terminal

pytestmark = pytest.mark.daemons

OWNED = "\x1b]0;PWNED\x07\x1b[31m\u202e"
"""Sets a terminal's title, its colour, and the direction of writing."""
RUNNING = {"state.state": 1, "vcpu.current": 2, "balloon.current": 1024, "balloon.maximum": 2048, "cpu.time": 5}

ANSWERS = {
    "cpus": {ALL_STATS: stats((b"vm", RUNNING | {"vcpu.current": OWNED}))},
    "cpu-time": {ALL_STATS: stats((b"vm", RUNNING | {"cpu.time": 2**64 - 1}))},
    "nan": {ALL_STATS: stats((b"vm", RUNNING | {"cpu.time": float("nan")}))},
    "memory": {ALL_STATS: stats((b"vm", RUNNING | {"balloon.current": OWNED}))},
    "traffic": {ALL_STATS: stats((b"vm", RUNNING | {"net.count": 1, "net.0.rx.bytes": OWNED}))},
    "interfaces": {ALL_STATS: stats((b"vm", RUNNING | {"net.count": 2**63}))},
    "state": {ALL_STATS: stats((b"vm", RUNNING | {"state.state": OWNED}))},
    "name": {ALL_STATS: stats((OWNED.encode(), RUNNING))},
    "no-utf-8": {ALL_STATS: stats((b"vm\xff", RUNNING))},
    "node": {NODE_INFO: node_info(2**64 - 1, -1)},
}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Terminal]:
    with contextlib.ExitStack() as stack:
        daemons = {name: stack.enter_context(HostileLibvirtd(answers)) for name, answers in ANSWERS.items()}
        peaceful = stack.enter_context(HostileLibvirtd({ALL_STATS: stats((b"quiet", RUNNING))}))
        hosts = [("a-peaceful", peaceful), *daemons.items()]
        config = tmp_path / "hosts.toml"
        config.write_text(
            "[monitor]\ninterval = 0.5\n"
            + "".join(
                f'[[hosts]]\nid = "{name}"\nhost = "127.0.0.1"\nuri = "{daemon.uri}"\nssh = false\n'
                for name, daemon in hosts
            )
        )
        terminal = Terminal(["--config", str(config)], tmp_path)
        stack.callback(terminal.close)
        yield terminal


def test_no_figure_writes_to_the_terminal_or_ends_the_screen(fleet: Terminal) -> None:
    fleet.shows("a-peaceful", f"● {len(ANSWERS) + 1}")
    fleet.keys("s")  # by name
    for name in ("a-peaceful", *sorted(ANSWERS)):
        fleet.keys(f":jump {name}\r")
        fleet.shows(f" {name} ")
        fleet.read(0.2)
    fleet.keys(":jump cpus\r")
    fleet.shows(" cpus ", "answers nonsense: vcpu.current is a text")
    fleet.keys(":jump cpu-time\r")
    fleet.shows(" cpu-time ", "answers nonsense: cpu.time is too large (", " so far)")
    fleet.keys(":jump a-peaceful\r")
    fleet.shows("quiet")
    told = bytes(fleet.received)
    assert b"\x1b]0;PWNED" not in told
    assert "\u202e".encode() not in told
    assert b"Traceback" not in told
    fleet.keys("q")
    assert fleet.ended() == 0
    assert fleet.is_given_back()
