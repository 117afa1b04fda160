"""Each class of cause has a short form that fits, and each place that raises one says which."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

import atp_tui
from atp_tui.model import errors
from atp_tui.model.catalogue import ENGLISH
from atp_tui.model.causes import LONGEST_SHORT, Cause, Remedy, Trouble, seconds
from atp_tui.model.errors import AuthFailed, ConnectFailed, CredentialWanted, HostKeyRejected, TransportError
from atp_tui.monitor.troubles import DANGER
from atp_tui.ui.widgets.host_words import PRESSED

PACKAGE = Path(atp_tui.__file__).parent


def classes(root: type[TransportError] = TransportError) -> Iterator[type[TransportError]]:
    for each in root.__subclasses__():
        yield each
        yield from classes(each)


def short_of(cause: Cause, detail: str = "") -> str:
    return ENGLISH.short(Trouble(cause, detail, Remedy.RETRY))


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("detail", ["", "5 s", "86400 s", "a-driver-of-a-name-without-end"])
def test_a_short_form_fits(cause: Cause, detail: str) -> None:
    short = short_of(cause, detail)
    assert 0 < len(short) <= LONGEST_SHORT and short.isascii()
    assert "{" not in short and "  " not in short and short.strip() == short
    assert ("{}" in cause) == (short_of(cause, "5 s") != short_of(cause))


def test_each_cause_has_a_form_of_its_own() -> None:
    assert len({short_of(cause) for cause in Cause}) == len(Cause)


@pytest.mark.parametrize("error", list(dict.fromkeys(classes())))
def test_each_class_of_error_has_a_cause(error: type[TransportError]) -> None:
    trouble = error("words").trouble
    assert 0 < len(ENGLISH.short(trouble)) <= LONGEST_SHORT
    assert trouble.cause is not Cause.FAILED or error is ConnectFailed


@pytest.mark.parametrize(
    ("error", "short", "remedy"),
    [
        (HostKeyRejected("x"), "key unknown", Remedy.TRUST_KEY),
        (HostKeyRejected("x", known=True, fingerprint="SHA256:x"), "key CHANGED", Remedy.TRUST_KEY),
        (HostKeyRejected("x", known=True), "key REVOKED", Remedy.MEND),
        (AuthFailed("x"), "login refused", Remedy.MEND),
        (CredentialWanted("x"), "wants a password", Remedy.LOG_IN),
        (CredentialWanted("x", refused=True), "password refused", Remedy.LOG_IN),
        (ConnectFailed("x", kind=Cause.PORT_REFUSED), "port refused", Remedy.RETRY),
        (
            ConnectFailed("x", kind=Cause.NO_DRIVER, detail="qemu", permanent=True),
            "no qemu driver",
            Remedy.MEND,
        ),
        (errors.ConnectTimeout("x", kind=Cause.NO_BANNER, detail=seconds(5.0)), "no SSH banner 5 s", Remedy.RETRY),
    ],
)
def test_what_helps(error: TransportError, short: str, remedy: Remedy) -> None:
    for each in (error, copy.copy(error)):  # a pool raises copies
        assert (ENGLISH.short(each.trouble), each.trouble.remedy) == (short, remedy)


@pytest.mark.parametrize(("limit", "words"), [(0.25, "0.25 s"), (5.0, "5 s"), (30.0, "30 s"), (86400.0, "86400 s")])
def test_seconds_as_a_detail(limit: float, words: str) -> None:
    assert seconds(limit) == words


def test_the_screen_knows_each_remedy_and_the_danger_of_each_question() -> None:
    assert {*PRESSED, Remedy.MEND} == set(Remedy)
    asked = {cause for cause in Cause if cause.remedy is not None}
    assert asked <= set(DANGER)


def test_each_place_that_raises_a_failed_connection_says_of_what_class_it_is() -> None:
    silent = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ConnectFailed"
            if isinstance(node, ast.Call) and made and not any(word.arg == "kind" for word in node.keywords):
                silent.append(f"{file.relative_to(PACKAGE)}:{node.lineno}")
    assert not silent, f"kind= is missing at {', '.join(silent)}"


def test_no_error_is_told_by_the_name_of_its_class() -> None:
    names = {each.__name__ for each in classes()}
    found = []
    for file in sorted((PACKAGE / "ui").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in names:
                found.append(f"{file.relative_to(PACKAGE)}:{node.lineno}")
    assert not found
