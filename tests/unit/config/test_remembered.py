"""What is remembered of the screen: by fleet, privately, and never in the way of anything."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.remembered import MOST_FLEETS, VERSION, Remembered, ScreenMemory


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "screen.json"


def test_what_is_kept_of_a_fleet_is_there_the_next_time_and_of_no_other(file: Path) -> None:
    memory = ScreenMemory(file, "/a/hosts.toml")
    assert memory.now == Remembered()
    memory.keep(theme="light", columns=("cpu", "mem"))
    memory.keep(folds=("rack1",), view="fleet", sort="cpu")
    expected = Remembered("light", "cpu", ("cpu", "mem"), ("rack1",), "fleet")
    assert memory.now == ScreenMemory(file, "/a/hosts.toml").now == expected
    assert ScreenMemory(file, "demo").now == Remembered()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["screen.json"]


def test_two_programs_lose_nothing_of_each_other(file: Path) -> None:
    one, two, other = ScreenMemory(file, "a"), ScreenMemory(file, "a"), ScreenMemory(file, "b")
    one.keep(theme="light")
    two.keep(sort="cpu")
    other.keep(view="jobs")
    assert ScreenMemory(file, "a").now == Remembered(theme="light", sort="cpu")
    assert ScreenMemory(file, "b").now == Remembered(view="jobs")


def test_what_is_forgotten_is_gone(file: Path) -> None:
    memory = ScreenMemory(file, "a")
    memory.keep(theme="light")
    memory.keep(theme=None)
    assert ScreenMemory(file, "a").now == Remembered()


def test_nothing_is_written_where_nothing_has_changed(file: Path) -> None:
    memory = ScreenMemory(file, "a")
    memory.keep(theme=None)
    assert not file.exists()


def test_the_fleets_that_were_looked_at_last_stay(file: Path) -> None:
    for number in range(MOST_FLEETS + 3):
        ScreenMemory(file, f"{number}").keep(theme="light")
        ScreenMemory(file, "0").keep(sort=f"{number}")
    assert len(json.loads(file.read_text())["fleets"]) == MOST_FLEETS
    assert ScreenMemory(file, "0").now.theme == "light"
    assert ScreenMemory(file, "1").now == Remembered()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "line 1, column 2"),
        ("[]", "no file of this program"),
        ('{"version": "1"}', "no file of this program"),
        (json.dumps({"version": VERSION + 1, "fleets": {"a": {"theme": "light"}}}), "version 2"),
        ("\udcff", "not UTF-8"),
        ("[" * 100_000, "too deeply"),
        ('{"version": ' + "1" * 5000 + "}", ""),
    ],
)
def test_a_file_of_another_form_is_set_aside_and_told(file: Path, text: str, why: str) -> None:
    file.parent.mkdir()
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    told: list[str] = []
    memory = ScreenMemory(file, "a", tell=told.append)
    assert memory.now == Remembered()
    (aside,) = file.parent.iterdir()
    assert aside.name.startswith("screen.json.") and aside.read_bytes() == text.encode("utf-8", "surrogateescape")
    assert len(told) == 1 and str(aside) in told[0] and why in told[0]
    memory.keep(theme="light")
    assert ScreenMemory(file, "a").now == Remembered(theme="light")


@pytest.mark.parametrize("value", [1, None, "", "x" * 501, ["a"], {"a": 1}])
def test_a_value_of_another_kind_is_as_one_that_is_missing_and_the_rest_stays(file: Path, value: object) -> None:
    file.parent.mkdir()
    file.write_text(
        json.dumps({"version": VERSION, "fleets": {"a": {"theme": value, "sort": "cpu", "columns": value}}})
    )
    now = ScreenMemory(file, "a").now
    assert now == Remembered(sort="cpu", columns=("a",) if value == ["a"] else None)


@pytest.mark.parametrize("fleets", [[], {"a": []}, {"a": {"columns": ["x", 1]}}, {"a": {"folds": ["x"] * 2001}}])
def test_fleets_and_lists_of_another_kind_too(file: Path, fleets: object) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"version": VERSION, "fleets": fleets}))
    assert ScreenMemory(file, "a").now == Remembered()


def test_what_a_later_program_of_the_same_form_adds_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"version": VERSION, "fleets": {"a": {"zoom": 3}}}))
    ScreenMemory(file, "a").keep(theme="light")
    assert json.loads(file.read_text())["fleets"]["a"] == {"zoom": 3, "theme": "light"}


def test_a_directory_in_its_place_or_above_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "screen.json").mkdir()
    for place in (tmp_path / "file" / "screen.json", tmp_path / "screen.json"):
        told: list[str] = []
        memory = ScreenMemory(place, "a", tell=told.append)
        memory.keep(theme="light")
        memory.keep(theme="dark")
        assert memory.now == Remembered(theme="dark") and len(told) <= 1
    assert (tmp_path / "file").read_text() == ""


def test_a_link_to_dev_null_keeps_nothing_and_is_kept_itself(tmp_path: Path) -> None:
    file = tmp_path / "screen.json"
    file.symlink_to(os.devnull)
    told: list[str] = []
    memory = ScreenMemory(file, "a", tell=told.append)
    memory.keep(theme="light")
    assert memory.now == Remembered(theme="light") and not told
    assert file.is_symlink() and os.stat(os.devnull).st_rdev == os.stat(file).st_rdev


def test_an_empty_file_is_as_none(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("")
    told: list[str] = []
    ScreenMemory(file, "a", tell=told.append).keep(theme="light")
    assert ScreenMemory(file, "a").now == Remembered(theme="light") and not told


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["a", "theme", "cpu"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["version", "fleets", "a", "theme", "folds", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
DATA = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()) | JSON.map(
    lambda fleets: json.dumps({"version": VERSION, "fleets": fleets}).encode()
)  # fmt: skip


@given(DATA)
def test_whatever_the_file_holds_it_is_never_an_error_and_what_is_kept_then_is_there(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "screen.json"
        file.write_bytes(data)
        told: list[str] = []
        ScreenMemory(file, "a", tell=told.append).keep(theme="light", folds=("x",))
        now = ScreenMemory(file, "a", tell=told.append).now
        assert (now.theme, now.folds) == ("light", ("x",))
        assert len(told) <= 1
