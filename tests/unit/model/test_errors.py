"""Errors read as `file:line: key: what is wrong; what would be right`."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.model.errors import AuthFailed, ConfigError, ConfigErrors, ConnectFailed, ConnectionLost, TransportError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConfigError("is wrong"), "is wrong"),
        (ConfigError("is wrong", key="a.b", hint="mend it"), "a.b: is wrong; mend it"),
        (ConfigError("is wrong", file=Path("/x/y.toml")), "/x/y.toml: is wrong"),
        (ConfigError("is wrong", file=Path("/x/y.toml"), line=3, key="k"), "/x/y.toml:3: k: is wrong"),
    ],
)
def test_a_config_error_leaves_out_what_is_not_known(error: ConfigError, text: str) -> None:
    assert str(error) == text


def test_several_errors_print_one_a_line_and_stand_for_the_first() -> None:
    errors = ConfigErrors([ConfigError("one", key="a", line=1, file=Path("f")), ConfigError("two", key="b")])
    assert str(errors).splitlines() == ["f:1: a: one", "b: two"]
    assert (errors.key, errors.line, errors.message) == ("a", 1, "one")


def test_which_failures_are_permanent() -> None:
    assert AuthFailed("no").permanent
    assert not ConnectionLost("gone").permanent
    assert not ConnectFailed("refused").permanent
    assert ConnectFailed("no binding", permanent=True).permanent
    assert isinstance(AuthFailed("no", host="a"), TransportError)
