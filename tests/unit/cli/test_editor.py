"""The editor that opens the example, and whether anything was written in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.cli.editor import edited_example, editor
from atp_tui.config.store import example_text


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
