"""docs/transport.md names the tests that prove each row: every name exists, and nothing is left out."""

from __future__ import annotations

import ast
import re
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import pytest

from atp_tui.model.settings import TransportConfig

TESTS = Path(__file__).parent
TEXT = (TESTS.parent / "docs" / "transport.md").read_text()
NODE = re.compile(r"`([\w/]+\.py)::(\w+)`")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not re.match(r"\| (Key|Row|Fault|Input) \|", line)
]


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests of a file: functions of its top level, and classes that are made by assignment."""
    found = set()
    for node in ast.parse((TESTS / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(name for name in found if re.match(r"[tT]est", name))


@pytest.mark.parametrize("path", sorted({path for path, _ in NODE.findall(TEXT)}))
def test_every_test_that_is_named_exists(path: str) -> None:
    named = {name for where, name in NODE.findall(TEXT) if where == path}
    assert named <= names_in(path)


def test_every_row_names_a_test() -> None:
    assert len(ROWS) > 60
    assert [row[0] for row in ROWS if len(row) != 3 or not NODE.search(row[1])] == []


def test_every_setting_has_its_row() -> None:
    def keys(settings: object, prefix: str = "") -> list[str]:
        found = []
        for field in fields(settings):  # type: ignore[arg-type]
            value = getattr(settings, field.name)
            found += keys(value, f"{field.name}.") if is_dataclass(value) else [prefix + field.name]
        return found

    named = {row[0].strip("`") for row in ROWS if row[0].startswith("`")}
    assert named == set(keys(TransportConfig()))


def test_all_25_faults_have_their_row() -> None:
    numbers = [int(row[0].split()[0]) for row in ROWS if row[0][0].isdigit()]
    assert numbers == list(range(1, 26))
