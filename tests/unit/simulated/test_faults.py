"""A fault script is data: its text form, and what it says about each moment."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.simulated.faults import Fault, FaultKind, FaultScript
from atp_tui.model.errors import ConfigError


def test_the_text_form_and_back() -> None:
    text = "silent@8:15,slow@40:20*30,flap@70:10"
    script = FaultScript.parse(text, "90")
    assert script == FaultScript(
        (Fault(8, FaultKind.SILENT, 15), Fault(40, FaultKind.SLOW, 20, 30), Fault(70, FaultKind.FLAP, 10, 4)), 90
    )
    assert str(script) == text
    assert FaultScript.parse(str(script), "90") == script
    assert FaultScript.parse("refuse@5").faults[0].duration == math.inf
    assert FaultScript.parse("") == FaultScript()


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("explode@3:4", ""),
        ("silent", ""),
        ("silent@x:1", ""),
        ("silent@1..2:1", ""),
        ("silent@1:20,refuse@10:1", ""),
        ("silent@1:20", "15"),
        ("silent@1", "15"),
        ("silent@1:2", "0"),
        ("silent@1:2", "soon"),
        ("silent@1:2", "inf"),
    ],
)
def test_what_makes_no_sense_is_a_config_error(text: str, repeat: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FaultScript.parse(text, repeat)
    assert caught.value.key == "uri"
    assert caught.value.hint


def test_a_fault_is_on_from_its_beginning_to_its_end_in_each_period() -> None:
    script = FaultScript.parse("silent@8:15", "90")
    moments = [0, 7.9, 8, 22.9, 23, 97.9, 98, 113]
    assert [script.at(moment) is not None for moment in moments] == [
        False, False, True, True, False, False, True, False
    ]  # fmt: skip


def test_what_is_asked_in_a_silence_is_answered_after_it() -> None:
    script = FaultScript.parse("silent@8:15", "90")
    assert script.answers_at(7) == 7
    assert script.answers_at(10) == 23
    assert script.answers_at(100) == 113
    assert FaultScript.parse("silent@8").answers_at(9) == math.inf
    assert FaultScript.parse("silent@0:90", "90").answers_at(9) == math.inf
    assert FaultScript.parse("silent@0:5,silent@5:5").answers_at(1) == 10


def test_cuts_at_the_beginning_of_what_cuts() -> None:
    script = FaultScript.parse("silent@1:2,refuse@10:5,flap@20:10*4", "60")
    assert script.next_cut(0) == 10
    assert script.next_cut(10) == 20
    assert [script.next_cut(at) for at in (20, 24, 25, 28)] == [24, 28, 28, 70]
    assert FaultScript.parse("slow@1:2,silent@4:9").next_cut(0) == math.inf
    assert FaultScript.parse("lost@5:1").next_cut(5) == math.inf


_KINDS = st.sampled_from(list(FaultKind))


@st.composite
def _scripts(draw: st.DrawFn) -> FaultScript:
    at, faults = 0.0, []
    for kind in draw(st.lists(_KINDS, max_size=5)):
        at += draw(st.integers(0, 20))
        duration = draw(st.integers(1, 20))
        faults.append(Fault(at, kind, duration, draw(st.sampled_from([0.0, 2.0, 7.0]))))
        at += duration
    return FaultScript(tuple(faults), draw(st.sampled_from([None, at + 1, at + 30])))


@given(_scripts(), st.floats(0, 500))
def test_no_script_contradicts_itself(script: FaultScript, moment: float) -> None:
    answered = script.answers_at(moment)
    fault = script.at(moment)
    assert (answered > moment) == (fault is not None and fault.kind is FaultKind.SILENT)
    after = script.at(answered + 1e-6) if math.isfinite(answered) else None
    assert after is None or after.kind is not FaultKind.SILENT or answered == moment
    assert script.next_cut(moment) > moment
    assert FaultScript.parse(str(script), "" if script.repeat is None else str(script.repeat)) == script
