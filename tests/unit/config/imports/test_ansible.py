"""Ansible inventories as people have them: INI, YAML, the JSON of ansible-inventory; and what is wrong with some."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.imports.ansible_ranges import expanded
from atp_tui.config.imports.node_sets import TooManyNames
from atp_tui.model.errors import ConfigError
from tests.unit.config.imports.reading import hosts, left_out, read

INI = """
# the data centre
mail.example.com ansible_host=192.0.2.5 ansible_ssh_pass=secret   # not in any group

[web]
www[01:03].example.com:2222 ansible_user=deploy
[db]
db-[a:c].example.com
; another comment
[prod:children]
web
db   # both
[all:vars]
ansible_user=root
[prod:vars]
ansible_ssh_private_key_file = "~/.ssh/prod"
ansible_user=admin
"""

YAML = """
all:
  hosts:
    mail.example.com:
      ansible_host: 192.0.2.5
  vars: {ansible_user: root}
  children:
    prod:
      vars:
        ansible_user: admin
        ansible_ssh_private_key_file: ~/.ssh/prod
      children:
        web:
          hosts:
            www[01:03].example.com: {ansible_port: 2222, ansible_user: deploy}
        db:
          hosts:
            ? db-[a:c].example.com
"""


@pytest.mark.parametrize("text", [INI, YAML])
def test_one_inventory_in_both_forms(text: str) -> None:
    found = hosts("ansible", text)
    assert sorted(found) == sorted(
        ["mail.example.com", *(f"www0{n}.example.com" for n in "123"), *(f"db-{x}.example.com" for x in "abc")]
    )
    mail, www, db = found["mail.example.com"], found["www02.example.com"], found["db-b.example.com"]
    assert (mail.host, mail.tags, mail.ssh_settings.user, mail.ssh_settings.port) == ("192.0.2.5", (), "root", None)
    assert (www.host, www.tags) == ("www02.example.com", ("prod", "web")), "parents first: the nearest tag counts most"
    assert (www.ssh_settings.user, www.ssh_settings.port) == ("deploy", 2222)
    assert (db.tags, db.ssh_settings.user, db.ssh_settings.port) == (("prod", "db"), "admin", None)
    assert db.ssh_settings.identity_files == ("~/.ssh/prod",)
    assert read("ansible", text).left_out == ()
    assert "secret" not in repr(read("ansible", text)), "no password is taken over"


def test_what_ansible_inventory_prints() -> None:
    text = """{"_meta": {"hostvars": {"a": {"ansible_host": "192.0.2.1", "ansible_port": 22}, "stranger": {}}},
               "all": {"children": ["ungrouped", "web"]}, "web": {"hosts": ["a", "b"]}}"""
    found = hosts("ansible", text)
    assert {(host.id, host.host, host.ssh_settings.port, host.tags) for host in found.values()} == {
        ("a", "192.0.2.1", 22, ("web",)),
        ("b", "b", None, ("web",)),
    }


def test_what_is_wrong_with_a_line_leaves_that_line_out() -> None:
    text = "\n".join(
        [
            'a ansible_port="{{ port }}"',
            "b word",
            'c "unclosed',
            "d[5:1]",
            "e[01:3]",
            "f ansible_port=ssh",
            "localhost ansible_connection=local",
            "win ansible_connection=winrm",
            "g ansible_ssh_private_key_file=keys/id",
            "[bad section",
            "h",
            "[odd&one]",
            "i",
            "[x:vars]",
            "novalue",
            "[x:children]",
            "all",
        ]
    )
    assert sorted(hosts("ansible", text)) == ["a", "g", "i"]
    assert left_out("ansible", text) == [
        (1, "ansible_port of a"),
        (2, "b"),
        (3, "c"),
        (4, "d[5:1]"),
        (5, "e[01:3]"),
        (6, "f"),
        (7, "localhost"),
        (8, "win"),
        (9, "ansible_ssh_private_key_file of g"),
        (10, "[bad"),
        (12, "group odd&one"),
        (15, "novalue"),
        (17, "all"),
    ]
    assert hosts("ansible", text)["i"].tags == ()


def test_a_template_for_many_hosts_is_told_once() -> None:
    assert left_out("ansible", "h[1:50] ansible_host='{{ x }}'\n") == [(1, "ansible_host of h[1:50]")]


def test_values_with_tags_are_skipped_and_merges_are_read() -> None:
    text = """
all:
  hosts:
    a: &a
      ansible_host: 192.0.2.1
      ansible_user: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        3133
      other: !vault x
    b: {<<: *a, ansible_port: 23}
    c: {<<: [{ansible_port: 24}, *a]}
"""
    found = hosts("ansible", text)
    assert [(host.host, host.ssh_settings.port) for host in found.values()] == [
        ("192.0.2.1", None),
        ("192.0.2.1", 23),
        ("192.0.2.1", 24),
    ]
    assert (6, "ansible_user of a") in left_out("ansible", text)
    assert "VAULT" not in repr(read("ansible", text))


@pytest.mark.parametrize(
    "text",
    [
        "[a:children]\nb\n[b:children]\nc\n[c:children]\na\n[d:children]\na\n",
        "all:\n  children:\n    a: {children: {b: {children: {c: {children: {a: }}}}}}\n",
    ],
)
def test_groups_that_hold_one_another_are_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"the groups (a > b > c > a|b > c > a > b|c > a > b > c) hold one another"):
        read("ansible", text)


def test_a_group_in_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match="the groups a > a hold"):
        read("ansible", "[a:children]\na\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/usr/bin/python3\n", "is a program"),
        ("- hosts: all\n  tasks: []\n", "is no inventory"),
        ("---\nall: [\n", "is not YAML"),
        ("---\nall: *nothing\n", "is defined nowhere"),
        ("---\na: &a\n  children: *a\n", "holds itself"),
        ("---\n" + "[" * 100_000, "nested too deeply|maximum nesting depth"),
        ("---\nx: \x07\n", "is not YAML: a control character"),
    ],
)
def test_what_is_no_inventory_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read("ansible", text)


def test_aliases_of_aliases_have_an_end() -> None:
    bomb = "x0: &x0 {a: }\n" + "".join(f"x{n}: &x{n} {{<<: [*x{n - 1}, *x{n - 1}, *x{n - 1}]}}\n" for n in range(1, 30))
    with pytest.raises(ConfigError, match="aliases of aliases"):
        read("ansible", f"---\n{bomb}all: {{hosts: *x29}}\n")


def test_entries_of_a_wrong_kind_are_told_with_their_lines() -> None:
    text = "all:\n  hosts: word\n  children:\n    web: [a]\n    all:\n  vars: 3\n"
    assert left_out("ansible", text) == [
        (2, "hosts of all"),
        (4, "group web"),
        (5, "children of all"),
        (6, "variables of group all"),
    ]


def slow_range(low: str, high: str, step: int) -> list[str]:
    """Counted up one by one."""
    found, number = [], int(low)
    while number <= int(high):
        found.append(
            low[: len(low) - len(str(number))] + str(number) if low[0] == "0" and len(low) > 1 else str(number)
        )
        number += step
    return found


@given(st.integers(0, 300), st.integers(0, 60), st.integers(1, 7), st.integers(0, 4))
def test_ranges_of_numbers(low: int, more: int, step: int, width: int) -> None:
    first, last = str(low).zfill(width), str(low + more).zfill(width)
    if first[0] == "0" and len(first) > 1 and len(first) != len(last):
        with pytest.raises(ConfigError, match="number of digits"):
            expanded(f"h[{first}:{last}:{step}].x")
        return
    assert expanded(f"h[{first}:{last}:{step}].x") == [f"h{word}.x" for word in slow_range(first, last, step)]


@given(st.sampled_from("abcxyzABZ"), st.sampled_from("abcxyzABZ"), st.integers(1, 3))
def test_ranges_of_letters(low: str, high: str, step: int) -> None:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    wanted = letters[letters.index(low) : letters.index(high) + 1][::step]
    if not wanted:
        with pytest.raises(ConfigError, match="runs backwards"):
            expanded(f"[{low}:{high}:{step}]")
    else:
        assert expanded(f"[{low}:{high}:{step}]") == list(wanted)


def test_ranges_multiply_and_are_counted_before_they_are_made() -> None:
    assert expanded("r[1:2]-[a:b]") == ["r1-a", "r1-b", "r2-a", "r2-b"]
    assert expanded("h[:2]") == ["h0", "h1", "h2"]
    for pattern, number in (("h[000000:999999]", 1_000_000), ("h[1:1000][1:1000]", 1_000_000), ("x[1:2]" * 14, 2**14)):
        with pytest.raises(TooManyNames) as caught:
            expanded(pattern)
        assert caught.value.number == number
    with pytest.raises(TooManyNames, match="far too many"):
        expanded("h[1:" + "9" * 90 + "]")


@pytest.mark.parametrize("pattern", ["h[", "h]", "h[[1:2]]", "h[a:3]", "h[1-3]", "h[1:3:0]", "h[1:" + "9" * 200 + "]"])
def test_what_is_no_range(pattern: str) -> None:
    with pytest.raises(ConfigError):
        expanded(pattern)
