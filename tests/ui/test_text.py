"""The sanitiser: whatever comes in, only harmless text of a known width goes out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import get_character_cell_size

from atp_tui.model.text import _DISPUTED, _HARMLESS, LINE_END, _needs_care, continued, every_line, printed
from atp_tui.ui.text import cut, fit, safe, safe_bytes, width_of, wrap

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates and all
ODD = st.text(st.sampled_from("ab 0\t\n\x1b\x9b\x7f\u202e\u200d\ufe0f\u0301\u20e3☠✔️👍🏽🇩🇪中ก\u0e31\ud800\ue000\u3164"))
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(ANYTHING | ODD)
def test_nothing_dangerous_is_left(text: str) -> None:
    shown = safe(text)
    assert not FORBIDDEN & {unicodedata.category(character) for character in shown}
    shown.encode("utf-8")


def test_the_sanitiser_knows_without_rich_what_has_no_width() -> None:
    """It lives below the screen; each character that a terminal shows must be as wide for it as for rich."""
    for code in range(0x110000):
        character = chr(code)
        if character.isprintable():
            odd = get_character_cell_size(character) == 0 or character in _DISPUTED
            assert _needs_care(character) == odd, hex(code)
        if unicodedata.category(character) == "Zs":
            assert len(safe(character)) == max(get_character_cell_size(character), 1), hex(code)


@given(ANYTHING | ODD)
def test_safe_text_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.binary())
def test_bytes_become_text_that_is_safe(data: bytes) -> None:
    assert safe_bytes(data) == safe(data.decode("utf-8", "replace"))


@given(ANYTHING | ODD, ANYTHING | ODD)
def test_widths_add_up(left: str, right: str) -> None:
    """No character of one piece changes the width of the next, whatever stands at the seam."""
    assert width_of(safe(left) + safe(right)) == width_of(safe(left)) + width_of(safe(right))


@given(ANYTHING | ODD, st.integers(0, 40), st.booleans())
def test_fit_is_exact(text: str, width: int, right: bool) -> None:
    assert width_of(fit(safe(text), width, right=right)) == width


@given(ANYTHING | ODD, st.integers(0, 40))
def test_cut_takes_away_only_what_does_not_fit(text: str, width: int) -> None:
    whole = safe(text)
    shown = cut(whole, width)
    assert width_of(shown) <= width
    assert (shown == whole) == (width_of(whole) <= width)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\nb\rc", "a␊b␍c"),
        ("a\tb", "a       b"),
        ("\x7f", "␡"),
        ("\x9b31m", "\N{REPLACEMENT CHARACTER}31m"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("kvm\u202e10", "kvm·10"),
        ("kvm\u200b1", "kvm·1"),
        ("👨\u200d👩", "👨·👩"),
        ("\u0301abc", "·abc"),
        ("a\u0301\u0301\u0301\u0301", "a\u0301\u0301··"),
        ("✔\ufe0f done", "✔ done"),
        ("vm\ufe0f", "vm·"),
        ("vm\u00a01", "vm 1"),
        ("vm[/] [@click=app.quit]x[/]", "vm[/] [@click=app.quit]x[/]"),
        ("数据库", "数据库"),
        ("é", "é"),
    ],
)
def test_examples(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown


def test_bytes_that_are_not_utf8() -> None:
    assert safe_bytes(b"a\xff\xc2\x9bz") == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}z"


def test_a_wide_character_is_never_halved() -> None:
    assert fit(safe("数据库"), 5) == "数据…"
    assert fit(safe("数据库"), 4) == "数… "
    assert fit(safe("数据库"), 7, right=True) == " 数据库"


def test_an_ellipsis_that_does_not_fit_is_left_out() -> None:
    assert cut(safe("abc"), 1) == "…"
    assert cut(safe("abc"), 2, safe("...")) == "ab"
    assert cut(safe("abc"), 0) == ""


@given(ANYTHING | ODD, st.integers(1, 40), st.integers(1, 6))
def test_wrapped_text_fits_and_is_cut_only_at_its_end(text: str, width: int, most: int) -> None:
    shown = safe(text)
    lines = wrap(shown, width, most, ellipsis=safe(""))
    assert len(lines) <= most
    assert all(width_of(line) <= width for line in lines)
    if width > 1:  # a wide character fits no single cell
        assert shown.replace(" ", "").startswith("".join(lines).replace(" ", ""))


def test_text_is_broken_at_spaces() -> None:
    assert wrap(safe("no route to host kvm01"), 9, 4) == ["no route", "to host", "kvm01"]
    assert wrap(safe("no route to host kvm01"), 9, 2) == ["no route", "to host …"]
    assert wrap(safe("abcdefghij"), 4, 3) == ["abcd", "efgh", "ij"]
    assert wrap(safe(""), 4, 3) == []


def test_what_is_found_harmless_at_once_is_what_the_sanitiser_would_leave() -> None:
    for code in range(0x110000):
        if _HARMLESS(chr(code)):
            assert chr(code).isprintable() and not _needs_care(chr(code)), hex(code)
    assert _HARMLESS("▁▂▃ ● connected · 12 % …")


@given(st.lists(ANYTHING | ODD, max_size=4), ANYTHING | ODD)
def test_what_is_printed_has_no_line_feed_but_ours(lines: list[str], name: str) -> None:
    assert printed(map(safe, lines)).count("\n") == len(lines)
    prefix = safe(f"{name}: ")
    assert continued(prefix, LINE_END, prefix) == f"{prefix}\n{prefix}"


def test_output_is_shown_the_same_whether_all_of_it_is_looked_at_at_once_or_each_line() -> None:
    prefix = safe("kvm01: ")
    for byte in range(0x100):
        output = b"a\n" + bytes([byte]) + b"b\n\nc"
        lines = output.decode("utf-8", "replace").split("\n")
        assert every_line(output, prefix) == f"\n{prefix}".join([safe(line.removesuffix("\r")) for line in lines])
