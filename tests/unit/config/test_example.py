"""hosts.example.toml says all there is to say, and every line of it is right."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from atp_tui.config.hosts import HOST_KEYS
from atp_tui.config.load import parse
from atp_tui.config.store import example_text
from atp_tui.config.tables import SECTIONS
from atp_tui.model.settings import SshSettings

TEXT = example_text()
UNCOMMENTED = re.sub(r"^#(?=[^ \n])", "", TEXT, flags=re.MULTILINE)
DOCUMENT = tomllib.loads(UNCOMMENTED)


def keys_with_defaults(settings: type, table: str) -> list[tuple[str, str, Any]]:
    """(table, key, default) of every setting, those of inner tables included."""
    found = []
    for field in dataclasses.fields(settings):
        default = getattr(settings(), field.name)
        if dataclasses.is_dataclass(default):
            found += keys_with_defaults(type(default), f"{table}.{field.name}")
        elif field.name not in ("keys", "accents"):  # ids of the screen (tests/ui/test_keymap.py has them), and tags
            found.append((table, field.name, default))
    return found


def test_it_loads_as_it_is_and_opens_nothing_outside_the_program() -> None:
    config = parse(TEXT, Path("/x/hosts.toml"))
    assert [(host.uri, host.takes_commands) for host in config.hosts] == [("test:///default", False)]
    assert config.warnings == ()


def test_it_loads_with_every_line_uncommented() -> None:
    config = parse(UNCOMMENTED, Path("/x/hosts.toml"))
    assert [host.id for host in config.hosts] == ["test", "kvm01", "jump"]
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("table", "key", "default"),
    [row for name, settings in SECTIONS.items() for row in keys_with_defaults(settings, name)],
)
def test_every_setting_is_there_with_its_default(table: str, key: str, default: object) -> None:
    values: Any = DOCUMENT
    for part in table.split("."):
        values = values[part]
    assert key in values
    if not table.startswith("ssh"):
        assert values[key] == (list(default) if isinstance(default, tuple) else default)
    assert re.search(rf"^#{key} = ", TEXT, re.MULTILINE), "as a comment: who copies the file keeps the defaults"


def test_every_key_of_a_host_is_there() -> None:
    assert {key for host in DOCUMENT["hosts"] for key in host} == set(HOST_KEYS)


def test_ssh_settings_have_no_default_of_their_own() -> None:
    assert all(getattr(SshSettings(), field.name) is None for field in dataclasses.fields(SshSettings))


def test_every_setting_has_a_line_of_explanation() -> None:
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#\w+ = ", line):
            above = lines[number - 1]
            assert above.startswith("#"), f"line {number + 1}: {line}"
