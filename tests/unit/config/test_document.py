"""Hosts edited in files of odd layouts: what was meant is there, and all else is as it was, byte for byte."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atp_tui.config.document import edited, read
from atp_tui.config.edits import Add, Change, Copy, EditOfFile, Move, Put, Remove, Tag, bare_of_empty, enabled
from atp_tui.config.layout import Layout, lay_out
from atp_tui.config.pairs import Plain
from atp_tui.model.errors import ConfigError

from .hosts_files import HostsFile, arrays, edits, tables

FILE = Path("/x/hosts.toml")


def after(text: str, *wanted: EditOfFile) -> str:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark + edited(read(text, FILE), wanted, FILE).document.text


def hosts_of(text: str) -> list[dict[str, Any]]:
    return list(tomllib.loads(text.removeprefix("\ufeff")).get("hosts", []))


def meant(hosts: list[dict[str, Any]], edit: EditOfFile) -> list[dict[str, Any]] | None:
    """The hosts as they are to be; None where the edit cannot be done."""
    place = {host["id"]: number for number, host in enumerate(hosts)}
    match edit:
        case Add(values=values, after=where):
            new: dict[str, Any] = {}
            for key, value in values:
                assert set_in(new, key, value)
            number = len(hosts) if where is None else place[where] + 1
            hosts.insert(number, new)
        case Copy(host=host, new=name, values=own):
            copied = hosts[place[host]] | {"id": name}
            for key, value in own:
                assert set_in(copied, key, value)
            hosts.insert(place[host] + 1, copied)
        case Remove(host=host):
            del hosts[place[host]]
        case Move(host=host, other=other, before=before):
            if host != other:
                moved = hosts.pop(place[host])
                number = [each["id"] for each in hosts].index(other)
                hosts.insert(number if before else number + 1, moved)
        case Tag(host=host, add=add, remove=remove):
            old = hosts[place[host]].get("tags", [])
            kept = [tag for tag in old if tag not in remove]
            kept += [tag for tag in add if tag not in kept]
            if kept != old:
                hosts[place[host]]["tags"] = kept
        case Change(host=host, values=changes):
            if not all(set_in(hosts[place[host]], key, value) for key, value in changes):
                return None
    return hosts


def set_in(table: dict[str, Any], key: tuple[str, ...], value: Any) -> bool:
    for part in key[:-1]:
        if value is None and part not in table:
            return True
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            return value is None
    if value is None:
        table.pop(key[-1], None)
    else:
        table[key[-1]] = list(value) if isinstance(value, tuple) else value
    return True


def touched(edit: EditOfFile) -> str | None:
    return None if isinstance(edit, Add | Copy | Put) else edit.host


@given(st.data())
def test_an_edit_does_what_is_meant_and_nothing_else(data: st.DataObject) -> None:
    file: HostsFile = data.draw(st.one_of(tables(), arrays()))
    edit = data.draw(edits(file.ids))
    wanted = meant(hosts_of(file.text), edit)
    if wanted is None:
        try:
            after(file.text, edit)
        except ConfigError as error:
            assert error.message == "cannot be set while ssh is false"
            return
        raise AssertionError("it is refused")
    text = after(file.text, edit)
    assert bare_of_empty({"h": list(map(bare_of_empty, hosts_of(text)))}) == bare_of_empty(
        {"h": list(map(bare_of_empty, wanted))}
    )
    others = tomllib.loads(file.text.removeprefix("\ufeff")) | {"hosts": 0}
    assert tomllib.loads(text.removeprefix("\ufeff")) | {"hosts": 0} == others
    at = 0
    for owner, lines in file.pieces:
        if owner is None or owner != touched(edit):
            found = text.find(lines, at)
            assert found >= 0, f"{lines!r} is gone, or has lost its place"
            at = found + len(lines)
    if isinstance(edit, Change | Tag):
        before, behind = file.around(edit.host)
        assert text.startswith(before) and text.endswith(behind)
    if "\r\n" in file.text:
        assert text.count("\n") == text.count("\r\n")


@given(st.data())
def test_many_edits_at_once_are_those_one_after_the_other(data: st.DataObject) -> None:
    file: HostsFile = data.draw(st.one_of(tables(), arrays()))
    several = data.draw(st.lists(edits(file.ids), max_size=6))
    text = file.text
    try:
        for edit in several:
            text = after(text, edit)
    except ConfigError:
        assume(False)
    assert after(file.text, *several) == text


@given(tables() | arrays(), st.data())
def test_a_host_that_was_copied_and_removed_again_leaves_the_file_as_it_was(
    file: HostsFile, data: st.DataObject
) -> None:
    host = data.draw(st.sampled_from(file.ids))
    text = after(after(file.text, Copy(host, "new")), Remove("new"))
    assert text.split() == file.text.split() or text.replace(",", "").split() == file.text.replace(",", "").split()


@given(tables() | arrays(), st.data())
def test_disabled_and_enabled_again_is_as_it_was(file: HostsFile, data: st.DataObject) -> None:
    host = data.draw(st.sampled_from(file.ids))
    off = after(file.text, enabled(host, False))
    assert [each["id"] for each in hosts_of(off) if each.get("enabled") is False] == [host]
    back = after(off, enabled(host, True))
    assert back.rstrip("\r\n") == file.text.rstrip("\r\n")


def host(name: str, *lines: str) -> str:
    return "\n".join(["[[hosts]]", f'id = "{name}"', f'host = "{name}"', *lines]) + "\n"


def change(key: str, value: Plain | None) -> Change:
    return Change("a", ((tuple(key.split(".")), value),))


# What tomlkit does to whole files (measured), each of which made one that said something else


def test_a_host_is_added_to_a_file_without_a_final_line_end() -> None:
    text = host("a").rstrip("\n")
    assert after(text, Add((ID, HOST))) == f'{text}\n\n[[hosts]]\nid = "new"\nhost = "n"\n'


@pytest.mark.parametrize("own", ["ssh.port = 22", "transport.call_timeout = 5", "metadata.site = 'n'"])
def test_a_table_below_a_dotted_key_takes_no_keys_for_its_own(own: str) -> None:
    text = host("a", own, "tags = ['x']") + "\n" + host("b")
    values = (("ssh", "user"), "u"), (("transport", "pool", "idle_timeout"), 9.0), (("metadata", "m"), "m")
    changed = after(text, Change("a", values))
    a, b = hosts_of(changed)
    assert (a["tags"], a["ssh"]["user"], a["transport"]["pool"]) == (["x"], "u", {"idle_timeout": 9.0})
    assert b == {"id": "b", "host": "b"} and changed.endswith("\n" + host("b"))


INSIDE = "# in a", "tags = []"


def test_the_comment_of_a_host_goes_with_it_and_no_other_does() -> None:
    text = "# parted\n\n# of a\n" + host("a", *INSIDE) + "# of b\n" + host("b") + "\n# parted too\n\n" + host("c")
    assert after(text, Remove("a")) == "# parted\n\n# of b\n" + host("b") + "\n# parted too\n\n" + host("c")
    assert after(text, Remove("b")) == "# parted\n\n# of a\n" + host("a", *INSIDE) + "\n# parted too\n\n" + host("c")
    assert after(text, Remove("c")) == text.removesuffix("\n\n" + host("c")) + "\n"


ID, HOST = (("id",), "new"), (("host",), "n")


@pytest.mark.parametrize(
    ("lines", "edit", "expected"),
    [
        ("port = 1 # why", change("port", 2), "port = 2 # why"),
        ("tags = [ # all\n  'x', # one\n]", Tag("a", ("y",)), "tags = [ # all\n  'x', # one\n  \"y\",\n]"),
        ("tags = ['x', 'y']", Tag("a", ("z",), ("x",)), "tags = ['y', \"z\"]"),
        ("tags = [\n  'x', # one\n  'y' # two\n]", Tag("a", (), ("y",)), "tags = [\n  'x', # one\n]"),
        ("", Tag("a", ("z",)), 'tags = ["z"]'),
        ("ssh = {}", change("ssh.port", 2), "ssh = { port = 2 }"),
        ("ssh = {user='x'}", change("ssh.port", 2), "ssh = {user='x', port = 2}"),
        ("ssh = { user = 'x' }\n# c", change("ssh.user", None), "# c"),
        ("[hosts.ssh]\n# c\nuser = 'x'", change("ssh.port", 2), "[hosts.ssh]\n# c\nuser = 'x'\nport = 2"),
        ("\n# of ssh\n[hosts.ssh]\nuser = 'x'", change("ssh", None), ""),
        ("  ssh.user = 'x'\nuri = 'y'", change("ssh.port", 2), "  ssh.user = 'x'\n  ssh.port = 2\nuri = 'y'"),
        ("[hosts.transport.t]\na = 1", change("transport.b", 2), "transport.b = 2\n[hosts.transport.t]\na = 1"),
        ("ssh = false", Change("a", ((("ssh",), None), (("ssh", "user"), "x"))), 'ssh.user = "x"'),
        ("", enabled("a", False), "enabled = false"),
        ("enabled = true", enabled("a", False), "enabled = false"),
    ],
)  # fmt: skip
def test_a_key_stands_where_a_person_would_write_it(lines: str, edit: EditOfFile, expected: str) -> None:
    behind = "\n# of b\n" + host("b")
    before, then = (host("a", *([text] if text else [])) + behind for text in (lines, expected))
    assert after(before, edit) == then


def test_what_is_so_already_stays_as_it_is_written() -> None:
    text = host("a", "uri = 'x'", "ssh = { port = 0x16 }", "tags = [ 'x' ]")
    values = (("uri",), "x"), (("ssh", "port"), 22), (("tags",), ("x",)), (("metadata", "m"), None)
    done = edited(read(text, FILE), [Change("a", values), Tag("a", ("x",), ("y",)), enabled("a", True)], FILE)
    assert (done.document.text, done.touched) == (text, ())
    assert after(text, Change("a", (*values, (("host",), "b")))) == text.replace('host = "a"', 'host = "b"')


def test_hosts_change_places_with_their_comments() -> None:
    a, b, c = "# a\n" + host("a"), "# b\n" + host("b", "[hosts.ssh]", "port = 2"), host("c").rstrip("\n")
    assert after(f"{a}\n{b}\n{c}", Move("a", "b")) == f"{b}\n{a}\n{c}"
    assert after(f"{a}\n{b}\n{c}", Move("c", "a", before=True)) == f"{c}\n\n{a}\n{b}"
    assert after(f"{a}\n{b}\n{c}", Move("b", "b")) == f"{a}\n{b}\n{c}"
    one, two = "  # 1\n  { id = 'a', host = 'a' }, # i\n", "  # 2\n  { id = 'b', host = 'b' } # ii\n"
    assert after(f"hosts = [\n{one}{two}]\n", Move("a", "b")) == f"hosts = [\n{two.replace(' }', ' },', 1)}{one}]\n"


def test_a_host_in_two_pieces_is_moved_and_removed_without_what_stands_between() -> None:
    text = host("a") + "\n[ui]\nrefresh = 2\n\n[hosts.ssh]\nport = 2\n\n" + host("b")
    assert after(text, Remove("a")) == "[ui]\nrefresh = 2\n\n" + host("b")
    assert [each["id"] for each in hosts_of(after(text, Move("a", "b")))] == ["b", "a"]
    assert hosts_of(after(text, Change("a", ((("ssh", "user"), "x"),))))[0]["ssh"] == {"port": 2, "user": "x"}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Remove("x"), "there is no host 'x'"),
        (Move("a", "x"), "there is no host 'x'"),
        (Add(((("id",), "a"), HOST)), "there is a host 'a' already"),
        (Copy("a", "b"), "there is a host 'b' already"),
        (Change("a", ((("id",), "b"),)), "there is a host 'b' already"),
        (Change("a", ((("host", "x"), "b"),)), "cannot be set while host is 'a'"),
        (Change("a", ((("host",), "b"),), seen=((("host",), "c"),)), "is 'a' by now, and was 'c'"),
        (Change("a", ((("host",), "b"),), seen=((("ssh", "port"), 2),)), "is gone by now, and was 2"),
        (Change("a", ((("host",), "\udcff"),)), "is not UTF-8"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_place(edit: EditOfFile, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        after(host("a") + host("b"), edit)
    assert caught.value.file == FILE


def test_the_values_that_were_seen_let_a_change_pass() -> None:
    edit = Change("a", ((("tags",), ("y",)),), seen=((("tags",), ("x",)), (("uri",), None)))
    assert hosts_of(after(host("a", "tags = ['x']"), edit))[0]["tags"] == ["y"]


@pytest.mark.parametrize(
    "text",
    [
        "hosts = [\n  {id='a', host='a'} # of a\n, {id='b', host='b'}]\n",  # the comma on the next line
        host("b", 'uri = """', "# of a", '# b"""', "[hosts.ssh]", "port = 1") + host("a"),
    ],
)
def test_what_comes_out_otherwise_than_meant_is_refused(text: str) -> None:
    """Layouts that are not understood: the check sees it, whatever the edit has done."""
    edits = (Remove("a"), Change("b", ((("ssh",), None),)))
    for edit in edits:
        try:
            changed = after(text, edit)
        except ConfigError as error:
            assert "nothing was written" in error.message
        else:
            assert len(hosts_of(changed)) == 2 - isinstance(edit, Remove)


@pytest.mark.parametrize("spoil", ["comment", "other", "table", "key"])
def test_the_check_finds_what_an_edit_has_spoilt(spoil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that does more than it should, in each of the ways in which it could."""
    text = "[ui]\nrefresh = 2\n# parted\n\n" + host("a") + "\n# of b\n" + host("b", "tags = [ 'x' ]")
    changes = {
        "comment": ("# of b\n", "# of b\n\n"),
        "other": ("[ 'x' ]", "['x']"),
        "table": ("= 2", "= 3"),
        "key": ('host = "c"', 'host = "d"'),
    }

    def spoilt(changed: str) -> Layout:
        return lay_out(changed if changed == text else changed.replace(*changes[spoil]))

    monkeypatch.setattr("atp_tui.config.document.lay_out", spoilt)
    with pytest.raises(ConfigError, match="nothing was written"):
        after(text, Change("a", ((("host",), "c"),)))


def test_a_thousand_hosts_are_edited_at_once() -> None:
    text = "\n".join(host(f"kvm{number:04}", "tags = ['a']") for number in range(1000))
    names = [f"kvm{number:04}" for number in range(0, 1000, 2)]
    changed = after(text, *(Tag(name, ("b",)) for name in names))
    assert sum("b" in each["tags"] for each in hosts_of(changed)) == 500
    assert len(hosts_of(after(changed, *map(Remove, names)))) == 500
