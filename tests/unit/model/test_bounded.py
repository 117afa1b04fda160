"""A person's own regular expressions: what could hold the event loop is refused, and told what would be right."""

from __future__ import annotations

import time
import warnings

import pytest

from atp_tui.model.bounded import LINE, bounded
from atp_tui.model.errors import ConfigError


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "no regular expression"),
        ("", "is empty"),
        ("x" * 501, "more than 500"),
        ("a*", "matches nothing"),
        (r"(?=a)", "matches nothing"),
        ("(a+)+", "very long"),
        ("(a|aa)+b", "very long"),
        (r"\w+-\w+", "very long"),
        ("(?:(?:a{100}){100}){100}", "very long"),
        (r"(a{1,9})\1", "too involved"),
        ("(" * 400 + "a" + ")" * 99, "no regular expression"),
        ("a{4294967296}", "no regular expression"),
        (r"[\d", "no regular expression"),
        ("\udcff", "no regular expression"),
    ],
)
def test_what_cannot_be_used_is_told(pattern: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as raised:
        bounded("answers.mask", pattern)
    assert raised.value.hint and raised.value.key == "answers.mask"


def test_python_has_nothing_to_say_beside_it(capfd: pytest.CaptureFixture[str]) -> None:
    """On the screen a warning would stand in the middle of the picture."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert bounded("lines", "[[a]x").search(b"[x")
    assert (said, capfd.readouterr().err) == ([], "")


@pytest.mark.parametrize(
    "pattern", [r"session-\d+", r"\w+x", r"\w++-\w++-\w++", r"(foo|bar){1,5}", r"a{1,60}a{1,60}b", "(?i)x+", "é+"]
)
def test_the_worst_of_what_passes_has_a_bound(pattern: str) -> None:
    expression = bounded("answers.mask", pattern)
    begun = time.thread_time()
    for said in (b"a", b"w-", b"session-1"):
        expression.findall((said * LINE)[:LINE])
    assert time.thread_time() - begun < 1.0, "far from what (a+)+ would take: years"
