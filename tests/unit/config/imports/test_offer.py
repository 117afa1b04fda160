"""What a source offers, and that a choice of it is written as one edit, with all else of the file as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.config.document import edited, read
from atp_tui.config.edits import Add
from atp_tui.config.imports.offer import ImportAsked, OfferKind, edits_for, offered
from atp_tui.config.load import parse
from atp_tui.model.errors import ConfigError

PATH = Path("hosts.toml")
TEXT = """# mine
[ssh]
user = "root"

[[hosts]]
id = "kvm01"
host = "kvm01.example.org"   # the first
tags = ["prod"]

[[hosts]]
id = "kvm02"
host = "kvm02.example.org"
enabled = false
"""
LIST = "kvm[01-04].example.org github.com"


def kinds(asked: ImportAsked, text: str = TEXT) -> dict[str, OfferKind]:
    return {each.id: each.kind for each in offered(asked, parse(text, PATH))}


def after(asked: ImportAsked, *ids: str, text: str = TEXT) -> str:
    return edited(read(text, PATH), edits_for(asked, parse(text, PATH), ids), PATH).document.text


def test_what_is_there_already_is_the_same_or_differs_and_a_disabled_host_is_there() -> None:
    found = kinds(ImportAsked("list", LIST))
    new = {"kvm03.example.org": OfferKind.NEW, "kvm04.example.org": OfferKind.NEW}
    assert found == {**new, "kvm01": OfferKind.SAME, "kvm02": OfferKind.SAME, "github.com": OfferKind.LEFT_OUT}
    tagged = {each.id: each for each in offered(ImportAsked("list", LIST, ("new",)), parse(TEXT, PATH))}
    assert tagged["kvm01"].kind is OfferKind.CHANGED and tagged["kvm01"].note == "tags: prod → prod new"


def test_a_choice_is_written_and_all_else_stays() -> None:
    asked = ImportAsked("list", LIST, ("new",), "admin")
    text = after(asked, "kvm01", "kvm04.example.org")
    assert text.startswith(TEXT.replace('["prod"]', '["prod", "new"]\nssh.user = "admin"').partition("\n[[hosts]]")[0])
    hosts = {host.id: host for host in parse(text, PATH).hosts}
    assert hosts.keys() == {"kvm01", "kvm04.example.org"} and "# the first" in text
    assert all("new" in host.tags and host.ssh is not None and host.ssh.user == "admin" for host in hosts.values())
    second = kinds(asked, text)
    assert second["kvm04.example.org"] is second["kvm01"] is OfferKind.SAME, "a second import shows nothing to do"


def test_what_the_file_says_of_all_hosts_is_not_repeated() -> None:
    assert "user" not in after(ImportAsked("list", "kvm09", user="root"), "kvm09").replace(TEXT, "")


def test_metadata_and_hosts_in_an_array_are_written_too(tmp_path: Path) -> None:
    table = tmp_path / "hosts.csv"
    table.write_text("id,host,site,uri\nkvm07,192.0.2.7,north east,false\nkvm08,192.0.2.8,south,\n")
    text = 'hosts = [\n  {id = "kvm01", host = "kvm01"},  # the first\n]\n'
    written = after(ImportAsked("csv", str(table)), "kvm07", "kvm08", text=text)
    first, north, south = parse(written, PATH).hosts
    assert (first.id, dict(north.metadata), north.uri) == ("kvm01", {"site": "north east"}, None)
    assert dict(south.metadata) == {"site": "south"} and "# the first" in written


def test_a_table_of_many_columns_is_written_in_time(tmp_path: Path) -> None:
    """Work by the square of the columns would run into the suite's own limit."""
    table = tmp_path / "hosts.csv"
    names = [f"k{number}" for number in range(20_000)]
    table.write_text(f"id,{','.join(names)}\nkvm09,{','.join(names)}\n")
    assert len(parse(after(ImportAsked("csv", str(table)), "kvm09"), PATH).hosts[-1].metadata) == 20_000


def test_many_hosts_at_once_are_written_as_one_by_one() -> None:
    adds = edits_for(ImportAsked("list", "n[1-9]"), parse(TEXT, PATH), [f"n{number}" for number in range(1, 10)])
    one_by_one = read(TEXT, PATH)
    for add in adds:
        one_by_one = edited(one_by_one, [add], PATH).document
    assert edited(read(TEXT, PATH), adds, PATH).document.text == one_by_one.text


def test_an_id_that_is_added_twice_is_refused() -> None:
    add = Add(((("id",), "kvm09"), (("host",), "h")))
    with pytest.raises(ConfigError, match="kvm09"):
        edited(read(TEXT, PATH), [add, add], PATH)


@pytest.mark.parametrize(
    ("asked", "ids", "told"),
    [
        (ImportAsked("nothing"), (), "is no source of hosts"),
        (ImportAsked("csv"), (), "no file is named"),
        (ImportAsked("list"), (), "no name is given"),
        (ImportAsked("ansible", "/nowhere/inv.yml"), (), "cannot be read"),
        (ImportAsked("list", "kvm09"), ("kvm10",), "not in list any more"),
        (ImportAsked("list", "kvm09", ("@x",)), ("kvm09",), "tag"),
    ],
)
def test_what_cannot_be_taken_over_is_told(asked: ImportAsked, ids: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        edits_for(asked, parse(TEXT, PATH), ids)
