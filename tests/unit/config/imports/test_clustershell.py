"""ClusterShell's group files in both forms, read without its resolver."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.config.imports import node_sets
from atp_tui.model.errors import ConfigError
from tests.unit.config.imports.reading import hosts, left_out, read

YAML = """
racks:
  r1: kvm[1-2]
  r2: ['kvm3', 'kvm4,kvm5']
  none:
roles:
  web: '@racks:r1'
  spare: '@racks:*!@web'
  hv: kvm[1-9]&kvm[2-3]
"""


def test_groups_in_yaml_become_tags() -> None:
    found = hosts("clustershell", YAML)
    assert {host.id: set(host.tags) for host in found.values()} == {
        "kvm1": {"r1", "web"},
        "kvm2": {"r1", "web", "hv"},
        "kvm3": {"r2", "spare", "hv"},
        "kvm4": {"r2", "spare"},
        "kvm5": {"r2", "spare"},
    }
    assert left_out("clustershell", YAML) == []


def test_the_old_form() -> None:
    text = "# groups\nadm: admin\nall: @adm,kvm[01-04]\nodd: @nope\nx y: kvm01\nword\nback: k[5-1]\nadm: other\n"
    found = hosts("clustershell", text)
    assert {host.id: host.tags for host in found.values()} == {"admin": ("adm",), **{f"kvm0{n}": () for n in "1234"}}
    assert left_out("clustershell", text) == [
        (4, "group odd"),
        (5, "group x y"),
        (6, "word"),
        (7, "group back"),
        (8, "group adm"),
    ]


@pytest.mark.parametrize("text", ["a: @b\nb: @c\nc: @a\n", "s:\n  a: '@b'\n  b: '@c'\n  c: '@a'\n"])
def test_groups_that_hold_one_another_are_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="the groups a > b > c > a hold one another"):
        read("clustershell", text)


def test_groups_of_groups_have_a_depth() -> None:
    text = "".join(f"g{n}: @g{n + 1}\n" for n in range(500)) + "g500: kvm1\n"
    with pytest.raises(ConfigError, match="more than 100 groups"):
        read("clustershell", text)
    assert sorted(hosts("clustershell", text.replace("g0", "h0")[text.index("g450") :])) == ["kvm1"]


def test_a_command_in_a_group_file_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    text = f"[local]\nmap: touch {ran}\nlist: sh -c 'touch {ran}'\n"
    read("clustershell", text)
    read("list", f"@local:x @'$(touch {ran})'")
    assert not ran.exists()


def test_many_names_in_many_groups_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_sets, "MOST_WORK", 50_000)
    text = "".join(f"g{n}: kvm[1-9999]\n" for n in range(8))
    with pytest.raises(ConfigError, match="names 59,994 hosts, repeats counted") as caught:
        read("clustershell", text)
    assert caught.value.line == 6
