"""KEY=VALUE words, as a person types them for a host."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.document import edited, read
from atp_tui.config.edits import Change
from atp_tui.config.key_values import pairs_of
from atp_tui.config.load import parse
from atp_tui.config.pairs import Plain
from atp_tui.model.errors import ConfigError
from atp_tui.model.settings import SshSettings, TransportConfig

FILE = Path("/x/hosts.toml")


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("host=192.0.2.7", ("host",), "192.0.2.7"),
        ("uri=qemu+ssh://h/system?socket=/x", ("uri",), "qemu+ssh://h/system?socket=/x"),
        ("uri=false", ("uri",), False),
        ("uri=", ("uri",), None),
        ("tags=prod, rack1,", ("tags",), ("prod", "rack1")),
        ("enabled=false", ("enabled",), False),
        ("ssh=false", ("ssh",), False),
        ("ssh=", ("ssh",), None),
        ("ssh.port=2222", ("ssh", "port"), 2222),
        ("ssh.identity_files=~/a,~/b", ("ssh", "identity_files"), ("~/a", "~/b")),
        ("ssh.auth=agent", ("ssh", "auth"), ("agent",)),
        ("ssh.host_key_policy=ask", ("ssh", "host_key_policy"), "ask"),
        ("transport.connect_timeout=5", ("transport", "connect_timeout"), 5.0),
        ("transport.auto_reconnect=true", ("transport", "auto_reconnect"), True),
        ("transport.pool.max_waiters=0", ("transport", "pool", "max_waiters"), 0),
        ("transport.pool=", ("transport", "pool"), None),
        ("metadata.a.b=1 = 2", ("metadata", "a.b"), "1 = 2"),
        ("metadata=", ("metadata",), None),
    ],
)
def test_a_word_is_a_key_and_a_value_of_its_kind(word: str, key: tuple[str, ...], value: Plain | None) -> None:
    ((found, got),) = pairs_of([word])
    assert (found, got) == (key, value)
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("host", "'host' has no ="),
        ("=x", "is no key of a host"),
        ("hots=x", "did you mean host"),
        ("frobnicate=x", "the keys are id, host, uri, tags, enabled, ssh.KEY"),
        ("id=", "cannot be taken away"),
        ("host=", "cannot be taken away"),
        ("ssh=x", "is a table; set a key in it, such as ssh.KEY=VALUE"),
        ("metadata=x", "is a table"),
        ("metadata.=x", "is no key of a host"),
        ("ssh.port=2_2", "write a whole number"),
        ("ssh.port=٢", "write a whole number"),
        ("ssh.port=2.5", "write a whole number"),
        ("transport.call_timeout=nan", "write a number"),
        ("transport.call_timeout=1_0", "write a number"),
        ("enabled=yes", "write true or false"),
        ("host=\udcff", "is not UTF-8 text"),
        ("metadata.\udcff=x", "is not UTF-8 text"),
    ],
)
def test_a_word_that_means_nothing_is_told_with_what_would_be_right(word: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        pairs_of([word])


def names_of(settings: Any, prefix: str) -> list[str]:
    found = []
    for field in fields(settings):
        value = getattr(settings, field.name)
        found += names_of(value, f"{prefix}.{field.name}") if is_dataclass(value) else [f"{prefix}.{field.name}"]
    return found


@pytest.mark.parametrize("name", [*names_of(SshSettings(), "ssh"), *names_of(TransportConfig(), "transport")])
def test_every_setting_of_a_host_is_a_key(name: str) -> None:
    assert pairs_of([f"{name}="]) == ((tuple(name.split(".")), None),)


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_ends_as_metadata_or_is_refused(name: str, value: str) -> None:
    text = '[[hosts]]\nid = "a"\nhost = "a"\n'
    try:
        change = Change("a", pairs_of([f"metadata.{name}={value}"]))
    except ConfigError:
        return
    after = edited(read(text, FILE), [change], FILE).document.text
    metadata = parse(after, FILE).hosts[0].metadata
    assert list(metadata.values()) == ([value] if value and "=" not in name else list(metadata.values()))
