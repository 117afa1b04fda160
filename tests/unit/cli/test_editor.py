"""The editor that opens the example, and whether anything was written in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.cli.editor import edited_example
from atp_tui.config.store import example_text
from atp_tui.ui.editor import editor, opening


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"VISUAL": "cat -n", "EDITOR": "true", "PATH": "/usr/bin:/bin"}, ["cat", "-n"]),
        ({"VISUAL": "no-such-editor", "EDITOR": "true", "PATH": "/usr/bin:/bin"}, ["true"]),
        ({"VISUAL": "un'closed", "EDITOR": "true", "PATH": "/usr/bin:/bin"}, ["true"]),
        ({"PATH": "/nowhere"}, None),
    ],
)
def test_the_editor_is_the_persons_own(environ: dict[str, str], command: list[str] | None) -> None:
    assert editor(environ) == command


@pytest.mark.parametrize(
    ("name", "points_to", "takes"),
    [
        ("vi", None, True), ("nano", None, True), ("emacs", None, True), ("micro", None, True), ("hx", None, True),
        ("vim.tiny", None, True), ("editor", "nano", True), ("editor", "code", False), ("subl", None, False),
    ],
)  # fmt: skip
def test_an_editor_that_is_known_opens_at_the_line(
    name: str, points_to: str | None, takes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for each in (points_to or name,):
        (tmp_path / each).write_text("#!/bin/sh\n")
        (tmp_path / each).chmod(0o755)
    if points_to:
        (tmp_path / name).symlink_to(tmp_path / points_to)
    file = tmp_path / "hosts.toml"
    assert opening([name, "-x"], file, 7) == [name, "-x", *(["+7"] if takes else []), str(file)]
    assert opening([name], file, None) == [name, str(file)]


def test_an_example_that_was_left_as_it_is_is_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "atp_tui" / "hosts.toml"
    monkeypatch.setenv("VISUAL", "true")
    assert not edited_example(path)
    assert path.read_text("utf-8") == example_text()
    script = tmp_path / "edit"
    script.write_text('#!/bin/sh\necho "# mine" >> "$1"\n', "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    assert edited_example(path)
    assert path.read_text("utf-8").endswith("# mine\n")
