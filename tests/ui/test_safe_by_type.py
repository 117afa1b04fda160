"""Text that did not go through the sanitiser is an error of types wherever it would be drawn or printed.

mypy is the test: where one of these lines is no error any more, its `type: ignore` is one (warn_unused_ignores). The
other half, that nothing else makes safe text, is in tests/test_architecture.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style

from atp_tui.cli.lines import HostLines
from atp_tui.cli.output import emit
from atp_tui.drivers.live_output import LiveOutput
from atp_tui.model.text import Printed, Safe, printed, safe
from atp_tui.monitor.rows import HostRow
from atp_tui.ui.shown import Words, _content
from atp_tui.ui.text import cut, fit
from atp_tui.ui.widgets.lines import Spans, _segment, drawn

if TYPE_CHECKING:

    def refused(figure: str, row: HostRow, live: LiveOutput, words: Words) -> None:
        plain: Spans = ((figure, "text"),)  # type: ignore[assignment]
        built: Spans = ((f"{row.id} {safe(figure)}", "text"),)  # type: ignore[assignment]
        joined: Safe = safe(figure) + row.id  # type: ignore[assignment]
        _segment(figure, Style())  # type: ignore[arg-type]
        _content(figure, "bold")  # type: ignore[arg-type]
        words.say(figure)  # type: ignore[arg-type]
        cut(figure, 9)  # type: ignore[arg-type]
        fit(row.address, 9)  # type: ignore[arg-type]
        emit(figure)  # type: ignore[arg-type]
        emit(safe(figure))  # type: ignore[arg-type]
        live.out(figure)  # type: ignore[arg-type]
        printed([figure])  # type: ignore[list-item]
        print(plain, built, joined)

    def taken(figure: str, live: LiveOutput) -> Spans:
        emit(printed([safe(figure)]))
        live.out(printed([cut(safe(figure), 9)]))
        HostLines(live.out).add("kvm01", b"")
        whole: Printed = printed([])
        emit(whole)
        return drawn((figure, "text"), ("ours", "dim"))


def test_a_figure_that_is_a_text_is_sanitised_with_its_line() -> None:
    figure = "\x1b]52;c;AAAA\x07"
    ((text, role),) = drawn((f"{figure} vcpu", "dim"))
    assert (text, role) == ("␛]52;c;AAAA␇ vcpu", "dim")
