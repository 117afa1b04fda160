"""A line of output as it is drawn: last states of progress bars, colours, and nothing else of a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.color import Color

from atp_tui.executor.progress import last_state, rest_of
from atp_tui.executor.reader import TargetOutput
from atp_tui.model.target import TargetId
from atp_tui.ui.roles import role_style
from atp_tui.ui.widgets.live_lines import Live
from atp_tui.ui.widgets.output_line import LINE_BYTES, shown_line, shown_spans

from .conftest import open_app
from .fleet_services import FleetServices


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        (b"plain", [("plain", "text")]),
        (b"\x1b[31mred\x1b[0m and not", [("red", "output:red:"), (" and not", "text")]),
        (b"\x1b[1;32mgood\x1b[m", [("good", "output:green:b"), ("", "text")]),
        (b"\x1b[01;31m\x1b[Kfound\x1b[m\x1b[K it", [("found", "output:red:b"), (" it", "text")]),
        (b"\x1b[38;5;208morange", [("orange", "output:yellow:")]),
        (b"\x1b[38;2;10;10;250mblue", [("blue", "output:blue:")]),
        (b"\x1b[48;5;1mground", [("ground", "output:red:r")]),
        (b"\x1b[31;44mwarn\x1b[49m red", [("warn", "output:blue:r"), (" red", "output:red:")]),
        (b"\x1b[41mground\x1b[49m not", [("ground", "output:red:r"), (" not", "text")]),
        (b"\x1b[38:2::250:10:10mred", [("red", "output:red:")]),
        (b"\x1b[38:2:250:10:10mred", [("red", "output:red:")]),
        (b"\x1b[8mhidden", [("hidden", "text")]),
        (b"\x1b[30;40mblack on black", [("black on black", "output:black:r")]),
        (b"\x1b[4munder\x1b[24mnot", [("under", "output::u"), ("not", "text")]),
        (b"\x1b[38;5mcut short", [("cut short", "text")]),
        (b"\x1b[2Jhome\x1b[H", [("␛[2Jhome␛[H", "text")]),
        (b"\x1b]0;title\x07", [("␛]0;title␇", "text")]),
    ],
)
def test_colours_are_shown_and_nothing_else(line: bytes, spans: list[tuple[str, str]]) -> None:
    assert [each for each in shown_spans(line) if each[0]] == [each for each in spans if each[0]]
    assert shown_line(line) == "".join(text for text, _ in spans)


@given(st.binary(max_size=200) | st.text(alphabet="\x1b[0123456789;:mKHab\r", max_size=60).map(str.encode))
def test_whatever_a_host_sends_only_safe_text_in_known_roles_is_drawn(line: bytes) -> None:
    for text, role in shown_spans(line):
        assert text.isprintable()
        assert role == "text" or role.startswith("output:")
    if line.isascii():  # else a colour may part the bytes of a character
        assert shown_line(line) == "".join(text for text, _ in shown_spans(line))


async def test_each_colour_is_one_that_the_theme_can_carry(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        app: App[object] = opened.app
        carried = {Color.parse(value).rich_color for value in app.theme_variables.values() if value.startswith("#")}
        for number in range(256):
            ((_, role),) = (each for each in shown_spans(b"\x1b[38;5;%dmx" % number) if each[0])
            colour = role_style(app, role).color
            assert colour is None or colour in carried


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (b"10%\r50%\r100%", b"100%"),
        (b"10%\r100%\r", b"100%"),
        (b"dos\r", b"dos"),
        (b"\r\r", b""),
        (b"plain", b"plain"),
    ],
)
def test_a_progress_bar_says_its_last_state(line: bytes, state: bytes) -> None:
    assert last_state(line) == state
    assert shown_line(line).encode() == state


@given(st.lists(st.text(alphabet="ab\r", max_size=8).map(str.encode), max_size=8))
def test_what_is_kept_of_a_line_without_its_end_tells_its_last_state(pieces: list[bytes]) -> None:
    kept = b""
    for piece in pieces:
        kept = rest_of(kept + piece)
    assert last_state(kept) == last_state(b"".join(pieces))


def test_a_progress_bar_of_many_states_is_followed() -> None:
    """It stopped at the first 2,000 bytes that one line had."""
    live = Live()
    for number in range(5000):
        live.take(TargetOutput("job", 1, 0.0, TargetId("kvm01"), "stdout", b"%d of 5000\r" % number))
    assert live.last() == "4999 of 5000"
    assert len(live.partial["stdout"]) < LINE_BYTES
