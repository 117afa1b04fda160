"""The fields of a host's form: what stands in its table, what counts otherwise, and the words that change it."""

from __future__ import annotations

import shlex
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.form import KEYS, FormField, empty_fields, fields_of, words_of
from atp_tui.config.key_values import pairs_of

TEXT = """
[ssh]
user = "root"
port = 22

[tags.prod.ssh]
port = 2222

[tags.lab.ssh]
port = 23

[[hosts]]
id = "kvm01"
host = "192.0.2.1"
tags = ["prod", "lab"]
metadata = { site = "north", rack = 7 }
ssh.user = "admin"
"""


def fields() -> dict[str, FormField]:
    tables = tomllib.loads(TEXT)
    return {field.key: field for field in fields_of(tables, tables["hosts"][0])}


def test_each_field_says_what_counts_and_where_it_comes_from() -> None:
    found = fields()
    assert tuple(found) == KEYS
    assert found["ssh.user"] == FormField("ssh.user", "admin", "root", "[ssh]")
    assert found["ssh.port"] == FormField("ssh.port", "", "23", "[tags.lab.ssh]"), "of two tags the later one counts"
    assert found["uri"] == FormField("uri", "", "qemu+ssh://192.0.2.1/system", "")
    assert found["tags"].value == "prod lab" and found["metadata"].value == "site=north rack=7"
    assert found["enabled"] == FormField("enabled", "", "true", "")


def test_a_new_host_has_empty_fields_that_say_what_it_would_inherit() -> None:
    found = {field.key: field for field in empty_fields(tomllib.loads(TEXT))}
    assert not any(field.value for field in found.values())
    assert found["ssh.port"].inherited == "22"


def test_the_words_say_what_differs_alone() -> None:
    assert words_of("tags", "prod lab", "prod, lab") == ()
    assert words_of("tags", "prod lab", "prod") == ("tags=prod",)
    assert words_of("tags", "prod", "") == ("tags=",)
    assert words_of("metadata", "site=north rack=7", "site=south") == ("metadata.site=south", "metadata.rack=")
    assert words_of("ssh.port", "", " 22 ") == ("ssh.port=22",)
    assert words_of("host", "a", "a ") == ()


VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=12)


@given(VALUES, VALUES)
def test_a_value_arrives_as_it_was_typed(before: str, now: str) -> None:
    found = [pair for word in words_of("ssh.user", before, now) for pair in pairs_of(shlex.split(word))]
    assert found == ([] if before == now else [(("ssh", "user"), now or None)])
