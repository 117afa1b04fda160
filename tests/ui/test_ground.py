"""What a terminal answers about its ground is heard, and no key is taken for a part of it, however it is cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.ui.ground import Answers, is_dark

KEYS = (
    "a",
    "q",
    "é",
    "\x1b",
    "\x1b[A",
    "\x1b[1;5C",
    "\x1b[27u",
    "\x1bx",
    "\x1b[?2026;2$y",
    "\x1b[<0;3;4M",
    "]",
    "11",
    "\x1b[I",
)
ANSWERS = {
    "\x1b]11;rgb:1515/1717/1b1b\x1b\\": True,
    "\x1b]11;rgb:ffff/ffff/ffff\x07": False,
    "\x1b]11;rgba:fa/fa/f7/ff\x1b\\": False,
    "\x1b]11;rgb:0/0/0\x07": True,
    "\x1b[?997;1n": True,
    "\x1b[?997;2n": False,
}


def heard(*pieces: str, asked: bool = True) -> tuple[str, list[bool]]:
    """What goes on as keys of these reads, and what is heard of the ground."""
    told: list[bool] = []
    answers = Answers(told.append)
    if asked:
        answers.asked()
    passed = "".join(map(answers.feed, pieces))
    return passed + answers.give_up(), told


@pytest.mark.parametrize(("answer", "dark"), ANSWERS.items())
def test_each_answer_is_heard_among_keys(answer: str, dark: bool) -> None:
    assert heard(f"ab{answer}cd") == ("abcd", [dark])
    assert heard(*f"ab{answer}cd") == ("abcd", [dark])


@given(st.data())
def test_no_key_is_eaten_and_no_answer_becomes_keys(data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.one_of(st.sampled_from(KEYS), st.sampled_from(sorted(ANSWERS)))))
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    passed, told = heard(*pieces)
    keys = "".join(part for part in parts if part not in ANSWERS)
    assert passed == keys
    assert told == [ANSWERS[part] for part in parts if part in ANSWERS]


@given(st.lists(st.text(alphabet="\x1b[]1;?97n\x07\\abc", max_size=12)))
def test_whatever_comes_only_answers_are_missing_from_it(pieces: list[str]) -> None:
    passed, _ = heard(*pieces)
    text = "".join(pieces)
    without = re.sub(r"\x1b\]11;[^\x07\x1b]{0,60}(?:\x07|\x1b\\)|\x1b\[\?997;[12]n", "", text)
    assert without.startswith(passed)
    assert without[len(passed) :].startswith("\x1b]11;") or passed == without


def test_before_it_was_asked_nothing_is_looked_at() -> None:
    answer = "\x1b]11;rgb:0/0/0\x07"
    assert heard(answer, "\x1b", asked=False) == (answer + "\x1b", [])


def test_a_lone_escape_is_the_key_once_nothing_follows_and_half_an_answer_is_dropped() -> None:
    answers = Answers(lambda dark: None)
    answers.asked()
    assert answers.feed("\x1b") == "" and answers.patience == 0
    assert answers.give_up() == "\x1b"
    assert answers.feed("x\x1b]11;rgb:ff") == "x" and answers.patience > 0
    assert answers.give_up() == "" and answers.feed("y") == "y"


def test_half_an_answer_may_be_completed_late() -> None:
    told: list[bool] = []
    answers = Answers(told.append)
    answers.asked()
    answers.feed("\x1b]11;rgb:ff")
    assert answers.give_up() == "" and answers.patience == 0
    assert answers.feed("ff/ffff/ffff\x07q") == "q" and told == [False]


def test_what_is_no_colour_is_no_answer() -> None:
    assert heard("\x1b]11;?\x07", "\x1b]11;rgb:zz/0/0\x07") == ("", [])


@pytest.mark.parametrize(
    ("colour", "dark"),
    [
        ((0, 0, 0), True),
        ((1, 1, 1), False),
        ((0.08, 0.09, 0.1), True),
        ((0.98, 0.98, 0.97), False),
        ((0.5, 0.5, 0.5), False),
    ],
)
def test_light_is_what_black_text_is_better_on(colour: tuple[float, float, float], dark: bool) -> None:
    assert is_dark(*colour) is dark
