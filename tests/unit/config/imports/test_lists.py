"""Pasted lists and node sets, tables, aliases of libvirt, known_hosts and ssh_config."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.imports.node_sets import Work, expanded
from atp_tui.config.imports.sources import SOURCES
from atp_tui.model.errors import ConfigError
from tests.unit.config.imports.reading import hosts, left_out, read

# -- node sets -------------------------------------------------------------------------------------------------------


@st.composite
def part(draw: st.DrawFn) -> tuple[str, list[str]]:
    """One part of a bracket, and its names made one by one."""
    width = draw(st.sampled_from([0, 3]))
    low, more, step = draw(st.integers(100, 200)), draw(st.integers(0, 30)), draw(st.integers(1, 4))
    names = [str(number).zfill(width) for number in range(low, low + more + 1, step)]
    if not more:
        return names[0], names
    return f"{low}-{low + more}" + (f"/{step}" if step > 1 else ""), names


@given(st.lists(part(), min_size=1, max_size=3), st.lists(part(), min_size=1, max_size=2))
def test_a_node_set_stands_for_the_names_of_its_ranges(
    first: list[tuple[str, list[str]]], second: list[tuple[str, list[str]]]
) -> None:
    text = f"a[{','.join(word for word, _ in first)}]-b[{','.join(word for word, _ in second)}].x"
    ones = {name for _, names in first for name in names}
    others = {name for _, names in second for name in names}
    assert set(expanded(text, Work())) == {f"a{one}-b{other}.x" for one in ones for other in others}


NAMES = ["k1", "k2", "k3", "k4"]


@given(st.lists(st.tuples(st.sampled_from(",!&^"), st.sets(st.sampled_from(NAMES), min_size=1)), max_size=5))
def test_operators_go_from_left_to_right(operations: list[tuple[str, set[str]]]) -> None:
    wanted, text = set(NAMES), "k[1-4]"
    for operator, names in operations:
        text += f"{operator}k[{','.join(sorted(name[1:] for name in names))}]"
        wanted = {",": wanted | names, "!": wanted - names, "&": wanted & names, "^": wanted ^ names}[operator]
    assert set(expanded(text, Work())) == wanted


def test_a_pasted_list() -> None:
    text = "kvm[01-03].example.org, db1 # the first\n\n  web[1-4]!web2\tdb1\n# db9\n2001:db8::1\r\n"
    assert sorted(hosts("list", text)) == sorted(
        ["2001-db8-1", "db1", "kvm01.example.org", "kvm02.example.org", "kvm03.example.org", "web1", "web3", "web4"]
    )
    assert hosts("list", text)["2001-db8-1"].host == "2001:db8::1"
    assert {found.line for found in read("list", text).hosts} == {1, 3, 5}


def test_words_that_are_no_host_are_told_and_the_others_are_read() -> None:
    text = "@web a* root:pa55@h [x x[5-3] k[1_0] k[a-c] k[１-２] github.com a!,b -oProxyCommand=x ok k[1-2]]"
    assert list(hosts("list", text)) == ["ok"]
    assert len(left_out("list", text)) == 12
    assert "pa55" not in repr(read("list", text))


def test_hostile_names_are_told_with_nothing_taken_for_a_host() -> None:
    text = "\x1b[31mred [@click=app.quit]x \u202eevil a\u200bb vm[/] `id` $(id) ;id"
    found = read("list", text)
    assert [host.info.id for host in found.hosts] in ([], ["id"])
    assert len(found.left_out) >= 6


# -- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table(separator: str) -> None:
    rows = [
        ["ID", "Host", "uri", "Tags", "user", "port", "Rack"],
        ["kvm1", "192.0.2.1", "", "prod rack1", "root", "2222", "7"],
        ["", "kvm2.example.org", "", "", "", "", ""],
        ["kvm3", "", "false", "a|b", "", "", "x y"],
        ["kvm4", "h", "qemu+tcp://h/system", "", "", "", ""],
        ["", "", "", "", "", "", ""],
    ]
    data = "\r\n".join(separator.join(row) for row in rows).encode("utf-8-sig")  # as Excel saves it
    found = hosts("csv", SOURCES["csv"].given(data).text)
    assert list(found) == ["kvm1", "kvm2.example.org", "kvm3", "kvm4"]
    one, three = found["kvm1"], found["kvm3"]
    assert (one.host, one.tags, one.ssh_settings.user, one.ssh_settings.port) == (
        "192.0.2.1",
        ("prod", "rack1"),
        "root",
        2222,
    )
    assert dict(one.metadata) == {"Rack": "7"}
    assert (three.host, three.uri, three.tags, dict(three.metadata)) == ("kvm3", None, ("a", "b"), {"Rack": "x y"})
    assert found["kvm4"].uri == "qemu+tcp://h/system"


def test_a_column_of_secrets_stays_where_it_is() -> None:
    found = read("csv", "id,IPMI password,note\na,pa55,x\n")
    assert dict(found.hosts[0].info.metadata) == {"note": "x"}
    assert [(each.line, each.name) for each in found.left_out] == [(1, "IPMI password")]
    assert "pa55" not in repr(found)


def test_cells_in_quotes_keep_the_line_numbers_right() -> None:
    text = 'id,note,tags\na,"two\nlines","x, y"\nb,,bad&tag\n'
    assert dict(hosts("csv", text)["a"].metadata) == {"note": "two\nlines"}
    assert hosts("csv", text)["a"].tags == ("x", "y")
    assert left_out("csv", text) == [(4, "b")]


def test_rows_that_are_wrong_are_told() -> None:
    text = 'id,host,port,x\na,h,22\na,other,\nb,h,x\n,,,only\nc,h,22,x,more\nd,h,"22\ne,h\n'
    assert list(hosts("csv", text)) == ["a"]
    assert [line for line, _ in left_out("csv", text)] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("hots,tags\na,b\n", "no head id or host.*did you mean host"),
        ("1,2\n", "no head"),
        ("id,id\n", "twice"),
    ],
)
def test_a_table_without_right_heads_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read("csv", text)


# -- libvirt ---------------------------------------------------------------------------------------------------------


def test_aliases_of_libvirt() -> None:
    text = """
#uri_aliases = [ "commented=qemu:///system" ]
uri_default = "qemu:///system"
uri_aliases = [
  "hail=qemu+ssh://root@hail.example.com/system?keyfile=/k",  # a comment, with "quotes"
  'local=qemu:///system', "word", "pw=qemu+ssh://root:pa55@x/system",
  "hail=qemu+ssh://other/system",
]
"""
    found = hosts("libvirt", text, 'uri_aliases = ["hail=qemu+ssh://third/system", "more=qemu+tcp://m/system"]')
    assert {host.id: (host.host, host.uri) for host in found.values()} == {
        "hail": ("hail.example.com", "qemu+ssh://root@hail.example.com/system?keyfile=/k"),
        "local": ("localhost", "qemu:///system"),
        "more": ("m", "qemu+tcp://m/system"),
    }
    assert left_out("libvirt", text) == [(6, "word"), (6, "pw"), (7, "hail")]
    assert "pa55" not in repr(read("libvirt", text))


@pytest.mark.parametrize("text", ["uri_aliases = [ 'a=b'", "uri_aliases = 3", "uri_aliases = [ 3 ]"])
def test_aliases_that_are_no_list_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="uri_aliases"):
        read("libvirt", text)


def test_a_libvirt_conf_without_aliases_has_no_hosts() -> None:
    assert hosts("libvirt", 'uri_default = "qemu:///system"\n') == {}


# -- known_hosts -----------------------------------------------------------------------------------------------------


def test_known_hosts() -> None:
    text = "\n".join(
        [
            "kvm1,192.0.2.1 ssh-ed25519 AAAA root@x",
            "192.0.2.1,kvm1 ssh-rsa BBBB",
            "192.0.2.9 ssh-ed25519 CCCC",
            "[kvm2]:2222 ssh-ed25519 DDDD",
            "kvm3 ssh-ed25519 CCCC",
            "192.0.2.7 ssh-ed25519 EEEE",
            "|1|abc=|def= ssh-rsa X",
            "|1|abd=|def= ssh-rsa X",
            "@cert-authority *.x ssh-rsa Y",
            "*.y ssh-rsa Y",
            "github.com ssh-rsa Q",
            "broken",
        ]
    )
    found = hosts("known-hosts", text)
    assert [(host.host, host.ssh_settings.port) for host in found.values()] == [
        ("kvm1", None),
        ("kvm2", 2222),
        ("kvm3", None),
        ("192.0.2.7", None),
    ]
    assert left_out("known-hosts", text)[0] == (None, "2 hashed lines")
    assert [line for line, _ in left_out("known-hosts", text)[1:]] == [3, 9, 10, 11, 12]


# -- ssh_config ------------------------------------------------------------------------------------------------------


def test_ssh_config_follows_includes_and_tells_patterns(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("Host c\n")
    text = f"Host a *.example.org\nInclude {tmp_path}/more\nHost github.com b\nHost d !e\n"
    (tmp_path / "config").write_text(text)
    found = read("ssh-config", text, file=tmp_path / "config")
    assert [(host.info.id, host.line, host.file) for host in found.hosts] == [
        ("a", 1, tmp_path / "config"),
        ("c", 1, tmp_path / "more"),
        ("b", 3, tmp_path / "config"),
    ]
    assert [(each.line, each.name) for each in found.left_out] == [
        (1, "*.example.org"),
        (3, "github.com"),
        (4, "d"),
        (4, "!e"),
    ]


def test_an_ssh_config_from_standard_input_includes_nothing(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("Host c\n")
    text = f"Host a\nInclude {tmp_path}/more\n"
    assert list(hosts("ssh-config", text)) == ["a"]
    assert left_out("ssh-config", text) == [(2, f"{tmp_path}/more")]


def test_an_ssh_config_that_includes_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(f"Include {file}\n")
    with pytest.raises(ConfigError, match="too deep"):
        read("ssh-config", file.read_text(), file=file)
