"""The screen in other words: nothing on it but its words hangs on the language."""

from __future__ import annotations

import pytest

from atp_tui.executor.reader import TargetEnded
from atp_tui.model.catalogue import Catalogue
from atp_tui.model.causes import Cause
from atp_tui.model.connection import ConnectionState
from atp_tui.model.english import SENTENCES
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.message import told
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.say import Say
from atp_tui.model.target import TargetId
from atp_tui.ui import step_words, words
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.views.fleet.drawing import columns, draw_host
from atp_tui.ui.widgets.panel_head import head_lines

from .answered import Answering
from .rows import NOW, detail, host_row, text_of
from .shown import line_of

S = ConnectionState


@pytest.fixture(autouse=True)
def other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue(
        {**SENTENCES, Say.NO_SSHD: "{where} lehnt ab: läuft dort sshd?", Say.CANCELLED: "abgebrochen"},
        dict.fromkeys(Cause, "abgelehnt"),
        {outcome: f"<{number}>" for number, outcome in enumerate(Outcome)},
        {state: f"[{number}]" for number, state in enumerate(S)},
    )
    monkeypatch.setattr(words, "WORDS", catalogue)
    steps = {next: ("drücke {key}", "{key}") if next.startswith("press") else ("", "") for next in step_words.Next}
    monkeypatch.setattr(step_words, "STEPS", steps)


def test_a_host_that_is_down_is_told_in_them() -> None:
    refused = ConnectFailed(told(Say.NO_SSHD, where="kvm07 port 22"), kind=Cause.PORT_REFUSED)
    row = host_row("kvm07", state=S.FAILED, cause=refused.reason, trouble=refused.trouble)
    line = text_of(draw_host(line_of(row), 100, columns(100, 5), NOW, UNICODE))
    assert "[4]" in line and "abgelehnt" in line and line.rstrip().endswith("drücke r")
    assert "port refused" not in line and "failed" not in line and "press" not in line
    head = "\n".join(text_of(each.spans) for each in head_lines(detail(row), None, 100, 2, NOW, UNICODE))
    assert "kvm07 port 22 lehnt ab: läuft dort sshd?" in head and "[4] for 60 s" in head


def test_how_a_job_ended_is_told_in_them() -> None:
    model = Answering("a", "b")
    for host, outcome, error in (("a", Outcome.OK, None), ("b", Outcome.CANCELLED, told(Say.CANCELLED))):
        ended = CommandResult(host, outcome, None, b"", b"", 0.5, error)
        model.apply(TargetEnded("job", 1, 0.0, TargetId(host), ended))
    assert "1 <0> · 1 <5>" in model.summary()
    assert any("abgebrochen" in text_of(model.lines()[number].spans) for number in range(len(model.lines())))
