"""`[ui.accents]`: which colour hosts with some tag have, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.config.accents import Accent, accent_of
from atp_tui.config.load import parse
from atp_tui.model.errors import ConfigErrors

HOSTS = '[[hosts]]\nid = "a"\nhost = "a"\ntags = ["prod", "rack1"]\n'


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"prod"}, Accent("prod", "failed")),
        ({"test", "prod", "rack1"}, Accent("prod", "failed")),
        ({"test"}, Accent("test", "#00aaff")),
        ({"rack1"}, None),
        (set(), None),
    ],
)
def test_of_several_the_first_in_the_file_counts(tags: set[str], expected: Accent | None) -> None:
    assert accent_of(tags, (("prod", "red"), ("test", "#00aaff"), ("rack1", "no colour"))) == expected


def test_they_are_read_in_their_order() -> None:
    config = parse(HOSTS + '[ui.accents]\nprod = "red"\nrack1 = "mark"\n', Path("hosts.toml"))
    assert config.ui.accents == (("prod", "red"), ("rack1", "mark"))
    assert config.warnings == ()


@pytest.mark.parametrize("value", ['"reddish"', '"#12345"', '""', "3", '"ansi_red"', '"$failed"', '"red on blue"'])
def test_what_is_no_colour_is_told_with_its_line(value: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse(f"{HOSTS}[ui.accents]\n\nprod = {value}\n", Path("hosts.toml"))
    (error,) = caught.value.errors
    assert (error.line, error.key) == (7, "ui.accents.prod")


def test_a_tag_that_no_host_has_is_warned_of() -> None:
    (warning,) = parse(HOSTS + '[ui.accents]\nprdo = "red"\n', Path("hosts.toml")).warnings
    assert (warning.line, warning.key) == (6, "ui.accents.prdo")
