"""Hosts from programs: what [[sources]] may say, what answers come to, and how they join the hosts of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.fleet import FleetConfig, HostProgram
from atp_tui.config.host_programs import Answer, hosts_of
from atp_tui.config.imports.found import MOST_HOSTS
from atp_tui.config.load import parse
from atp_tui.model.errors import ConfigError, ConfigErrors

TEXT = """[ssh]
user = "root"
[tags.nb.ssh]
port = 2222

[[hosts]]
id = "kvm01"
host = "192.0.2.1"
[[hosts]]
id = "off"
host = "192.0.2.9"
enabled = false

[[sources]]
name = "netbox"
command = ["netbox-hosts"]
tags = ["nb"]
"""


def answered(output: str, problem: str = "", text: str = TEXT) -> FleetConfig:
    return parse(text, Path("/x/hosts.toml"), answers=lambda _: Answer(output, 0.0, problem))


def told(config: FleetConfig) -> list[str]:
    return [str(remark) for remark in config.remarks]


def test_hosts_of_an_answer_inherit_and_say_where_they_come_from() -> None:
    config = answered(
        json.dumps(
            [{"id": "n1", "host": "192.0.2.5", "user": "eve", "tags": ["x"], "uri": False}, {"host": "n2"}, "n[3-4]"]
        )
    )
    assert [host.id for host in config.hosts] == ["kvm01", "n1", "n2", "n3", "n4"]
    one, two = config.hosts[1:3]
    assert (one.host, one.uri, one.tags, dict(one.metadata)) == ("192.0.2.5", None, ("x", "nb"), {"source": "netbox"})
    assert one.ssh is not None and two.ssh is not None
    assert [(each.user, each.port) for each in (one.ssh, two.ssh)] == [("eve", 2222), ("root", 2222)]
    assert two.uri == "qemu+ssh://n2/system" and config.warnings == config.remarks == ()
    assert config.program_hosts == (("netbox", ("n1", "n2", "n3", "n4")),)
    assert config.files_of_hosts()["n1"] == "source:netbox"
    assert [host.id for host in config.of_files.hosts] == ["kvm01"]


def test_an_id_of_a_file_counts_before_that_of_a_program_and_is_told() -> None:
    config = answered("kvm01 off new")
    assert [(host.id, host.host) for host in config.hosts] == [("kvm01", "192.0.2.1"), ("new", "new")]
    assert [host.id for host in config.disabled] == ["off"]
    assert told(config) == [
        "/x/hosts.toml:14: sources[netbox]: kvm01, off: a file or another source has that id too, and counts"
    ]


def test_the_first_of_two_programs_counts() -> None:
    config = answered("a b", text=TEXT + '[[sources]]\nname = "other"\ncommand = ["x"]\n')
    assert [host.metadata.get("source") for host in config.hosts] == [None, "netbox", "netbox"]
    assert config.program_hosts == (("netbox", ("a", "b")), ("other", ()))


def test_a_program_that_fails_is_told_with_the_age_of_its_answer() -> None:
    config = answered("a", "exit status 1")
    assert config.failing == ("netbox",) and [host.id for host in config.hosts] == ["kvm01", "a"]
    assert "fails, its hosts are those of its answer of 19" in told(config)[0] and told(config)[0].endswith(
        ": exit status 1"
    )
    config = parse(TEXT, Path("/x/hosts.toml"), answers=lambda _: Answer(problem="no"))
    assert told(config) == ["/x/hosts.toml:14: sources[netbox]: fails, and has given no answer yet: no"]


@pytest.mark.parametrize(
    ("output", "ids", "left_out"),
    [
        ("[]", [], 0),
        ('{"hosts": ["a"]}', ["a"], 0),
        ("# all\na b[1-2]\n\nc,d\n", ["a", "b1", "b2", "c", "d"], 0),
        ('["a", "a", {"id": "a"}]', ["a"], 1),
        ('["a", 5, null, [], {}, {"id": 5}, {"id": "b b", "host": "x"}]', ["a"], 6),
        ('["a", {"id": "b", "port": true, "user": 5, "host": ["x"]}]', ["a", "b"], 3),
        ('["a", {"id": "b", "port": 99999}]', ["a"], 1),
        ('[{"id": "a", "tags": ["x y", 5, "z"]}]', ["a"], 1),
        ('[{"id": "a", "api_key": "x", "metadata": {"Password": "y"}}]', ["a"], 2),
        ('["a", {"id": "b", "uri": "qemu+tls://u:hunter2@x/system"}]', ["a"], 1),
    ],
)
def test_what_an_answer_comes_to(output: str, ids: list[str], left_out: int) -> None:
    imported = hosts_of(output)
    assert [host.info.id for host in imported.hosts] == ids
    assert len(imported.left_out) == left_out


def test_keys_without_a_meaning_are_metadata() -> None:
    (host,) = hosts_of(
        '[{"id": "a", "site": "north", "rack": 4, "live": true, "more": {}, "metadata": {"x": "y"}}]'
    ).hosts
    assert dict(host.info.metadata) == {"site": "north", "rack": "4", "live": "true", "x": "y"}


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "its answer is empty; where no host is meant, it has to say []"),
        (" \n", "its answer is empty"),
        ("[", "its answer is no JSON"),
        ("[" * 100_000, "its answer is no JSON"),
        ('{"results": []}', "its answer is no list"),
        ("[5]", "its answer names no host: entry 1: is neither a text nor an object"),
        ('["\\n"]', "its answer names no host: entry 1: is an empty text"),
        ('["a[1-2", "?"]', "its answer names no host"),
        ("*.example.org", "its answer names no host"),
        (json.dumps([str(number) for number in range(MOST_HOSTS + 1)]), "names 10,001 hosts"),
        ("n[1-100000]", "names 100,000 hosts"),
    ],
)
def test_an_answer_that_cannot_be_meant_is_refused(output: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        hosts_of(output)
    assert caught.value.sentence.startswith(why)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "host", "uri", "tags", "user", "port", "metadata", "x"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(JSON | st.lists(JSON))
def test_no_answer_breaks_a_configuration(answer: object) -> None:
    config = answered(json.dumps(answer))
    assert config.hosts[0].id == "kvm01"
    assert len({host.id for host in config.hosts}) == len(config.hosts)
    assert all(host.metadata["source"] == "netbox" for host in config.hosts[1:])


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ('command = ["x"]', ":14: sources[0].name: is missing; write one such as name"),
        ('name = "a b"\ncommand = ["x"]', ":15: sources[0].name: is the text 'a b'"),
        ('name = "../x"\ncommand = ["x"]', ":15: sources[0].name: is the text '../x'"),
        ('name = "x"', ":14: sources[0].command: is missing; write the program and its words"),
        ('name = "x"\ncommand = "ls | x"', ":16: sources[0].command: is the text 'ls | x'"),
        ('name = "x"\ncommand = []', ":16: sources[0].command: is an array"),
        ('name = "x"\ncommand = ["x"]\nperiod = 0', ":17: sources[0].period: 0 is out of range"),
        ('name = "x"\ncommand = ["x"]\ntimeout = "1"', ":17: sources[0].timeout: '1' is not a number"),
        ('name = "x"\ncommand = ["x"]\ntags = ["a b"]', ":17: sources[0].tags: 'a b' is not a tag"),
        (
            'name = "x"\ncommand = ["x"]\nshell = true',
            ":17: sources[0].shell: unknown key; the keys here are name, command",
        ),
        (
            'name = "x"\ncommand = ["x"]\n[[sources]]\nname = "x"\ncommand = ["y"]',
            ":18: sources[1].name: 'x' is the name",
        ),
    ],
)
def test_a_wrong_source_is_told_with_its_line(lines: str, wrong: str) -> None:
    text = TEXT.partition("[[sources]]")[0] + f"[[sources]]\n{lines}\n"
    with pytest.raises(ConfigErrors) as caught:
        parse(text, Path("hosts.toml"))
    assert str(caught.value).startswith(f"hosts.toml{wrong}")


def test_defaults() -> None:
    (program,) = parse(TEXT, Path("hosts.toml")).programs
    assert program == HostProgram("netbox", ("netbox-hosts",), 300.0, 30.0, ("nb",))
