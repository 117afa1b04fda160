"""The paths that `:import` completes."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.config.imports.sources import path_like


def test_a_path_goes_on_with_the_first_that_begins_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("inv.yml", "inventory", "hosts.csv", ".hidden", "in\x1b[31m"):
        (tmp_path / name).write_text("")
    (tmp_path / "group_vars").mkdir()
    where = f"{tmp_path}/"
    assert path_like(where + "inv") == where + "inv.yml"
    assert path_like(where + "inve") == where + "inventory"
    assert path_like(where + "g") == where + "group_vars/"
    assert path_like(where) == where + "group_vars/", "one with a dot in front is found where the dot was typed"
    assert path_like(where + ".") == where + ".hidden"
    assert path_like(where + "in\x1b") == "", "what a terminal might obey is never offered"
    for nothing in (where + "x", where + "no/", "a\0b/", where + "inv.yml/"):
        assert path_like(nothing) == ""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_like("~/ho") == "~/hosts.csv"
    monkeypatch.chdir(tmp_path)
    assert path_like("ho") == "hosts.csv"
