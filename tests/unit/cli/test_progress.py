"""The line about a run: it counts each host once, and never takes more than the terminal's width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.cli.showing.progress import FEW, Progress
from atp_tui.model.outcome import CommandResult, Outcome

NAMES = st.lists(st.text("abü漢字09", min_size=1, max_size=12), unique=True, min_size=1, max_size=2 * FEW)


def ended(host: str, outcome: Outcome = Outcome.OK) -> CommandResult:
    return CommandResult(host, outcome, 0, b"", b"", 0.0, None)


def test_counts_and_names() -> None:
    progress = Progress(4)
    for host in ("web1", "web2", "web3"):
        progress.started(host)
    progress.ended(ended("web2"))
    progress.ended(ended("web4", Outcome.UNREACHABLE))  # it was never started
    assert progress.line(80) == "2/4 done, 1 ok, 1 failed, 2 run: web[1,3]"
    assert progress.line(100, leaving=True).endswith("cancelled, Ctrl+C again quits at once: web[1,3]")
    assert progress.line(41) == "2/4 done, 1 ok, 1 failed, 2 run"


@given(NAMES, st.integers(0, 100), st.data())
def test_it_fits_and_counts_each_host_once(names: list[str], width: int, data: st.DataObject) -> None:
    progress = Progress(len(names))
    for name in names:
        progress.started(name)
        progress.started(name)  # anew
    gone = data.draw(st.sets(st.sampled_from(names)))
    for name in gone:
        progress.ended(ended(name))
    line = progress.line(width)
    assert len(line) < max(1, width)
    assert progress.line(1000).startswith(f"{len(gone)}/{len(names)} done, {len(gone)} ok, 0 failed, ")
    assert f"{len(names) - len(gone)} run" in progress.line(1000)
