"""The demo's command lines without the SSH around them: whatever is typed, there is an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.simulated.node import SimulatedNode
from atp_tui.drivers.simulated.shell_commands import COMMANDS
from atp_tui.drivers.simulated.shell_reply import Visit
from atp_tui.drivers.simulated.shell_run import run_line
from atp_tui.drivers.simulated.shell_syntax import Pipeline, SyntaxNotKnown, parse
from atp_tui.model.outcome import Stream

NODE = SimulatedNode("kvm01", 1)


async def answer(line: str) -> tuple[int, str, str, list[float]]:
    """(status, stdout, stderr, the delays it asked for)."""
    written: dict[Stream, str] = {"stdout": "", "stderr": ""}
    delays: list[float] = []

    def write(stream: Stream, text: str) -> None:
        written[stream] += text

    async def sleep(delay: float) -> None:
        delays.append(delay)

    status = await run_line(line, lambda: Visit(NODE, 75.0, 1_700_000_000.0), write, sleep)
    return status, written["stdout"], written["stderr"], delays


def test_a_line_in_parts() -> None:
    assert parse("a 'b c' | d && e || f; g;") == (
        Pipeline(";", (("a", "b c"), ("d",))),
        Pipeline("&&", (("e",),)),
        Pipeline("||", (("f",),)),
        Pipeline(";", (("g",),)),
    )
    assert parse("echo ''\n\ttrue") == (Pipeline(";", (("echo", ""),)), Pipeline(";", (("true",),)))
    assert parse("  ") == ()


@pytest.mark.parametrize(
    "line", ["a &", "a && ", "| a", "a ;; b", "a > b", "a $B", 'a "$B"', "a `b`", "(a)", "a *", "#a"]
)
def test_what_only_a_shell_could_do_is_refused(line: str) -> None:
    with pytest.raises(SyntaxNotKnown):
        parse(line)


async def test_sleep_asks_for_the_time_it_takes() -> None:
    assert (await answer("sleep 1.5; sleep 2 3 && sleep infinity"))[3] == [1.5, 5.0, float("inf")]
    assert (await answer("sleep -1 || sleep nan"))[::3] == (1, [])


async def test_figures_agree_with_the_node() -> None:
    _, nproc, _, _ = await answer("nproc")
    _, free, _, _ = await answer("free -k")
    _, load, _, _ = await answer("cat /proc/loadavg")
    assert int(nproc) == NODE.cpus
    total, used, left, _, cache, _ = (int(figure) for figure in free.splitlines()[1].split()[1:])
    assert total == NODE.memory_kib == used + left + cache
    assert 0 < float(load.split()[0]) < NODE.cpus


_PIECES = st.sampled_from(
    [
        *COMMANDS,
        "|",
        "&&",
        "||",
        ";",
        "'",
        '"',
        "\\",
        "-n",
        "-c",
        "-h",
        "3",
        "--all",
        "list",
        "$x",
        "`",
        ">",
        "\n",
        " ",
        "é",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=12).map(" ".join)))
async def test_whatever_is_typed_there_is_an_answer(line: str) -> None:
    status, _, stderr, _ = await answer(line)
    assert 0 <= status <= 255
    assert status not in (2, 127) or stderr or "exit" in line
