"""Hosts and connection URIs: what is taken, what is refused, and that no message leaks a password."""

from __future__ import annotations

from dataclasses import fields, replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.errors import ConfigError
from atp_tui.model.host import ConnectionUri, HostInfo, default_uri, parse_uri, settings_of, tags_of
from atp_tui.model.settings import SshSettings, TransportConfig


def parts(uri: ConnectionUri) -> tuple[str, str | None, str | None, str | None, int | None, str]:
    return uri.driver, uri.transport, uri.user, uri.host, uri.port, uri.path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("qemu:///system", ("qemu", None, None, None, None, "/system")),
        ("qemu+ssh://root@kvm01/system", ("qemu", "ssh", "root", "kvm01", None, "/system")),
        ("qemu+ssh://kvm01:2222/system", ("qemu", "ssh", None, "kvm01", 2222, "/system")),
        ("qemu+tcp://[2001:db8::1]:16509/system", ("qemu", "tcp", None, "2001:db8::1", 16509, "/system")),
        ("qemu+ssh://[fe80::1%25eth0]/system", ("qemu", "ssh", None, "fe80::1%eth0", None, "/system")),
        ("qemu+ssh://me%40corp@kvm01/system", ("qemu", "ssh", "me@corp", "kvm01", None, "/system")),
        ("qemu+ssh://Kvm01.Example/system", ("qemu", "ssh", None, "Kvm01.Example", None, "/system")),
        ("qemu://kvm01/system", ("qemu", "tls", None, "kvm01", None, "/system")),
        ("test:///default", ("test", None, None, None, None, "/default")),
        ("test:///etc/node.xml", ("test", None, None, None, None, "/etc/node.xml")),
        ("test+unix:///default?socket=/run/x:y@z", ("test", "unix", None, None, None, "/default")),
        ("test+tcp://127.0.0.1:16509/a@b", ("test", "tcp", None, "127.0.0.1", 16509, "/a@b")),
        ("sim://kvm01/", ("sim", None, None, "kvm01", None, "/")),
        ("xen+ssh://kvm01", ("xen", "ssh", None, "kvm01", None, "/")),
        ("QEMU+SSH://Kvm01/system", ("qemu", "ssh", None, "Kvm01", None, "/system")),
        ("qemu+ssh://[fe80::1%br0]/system", ("qemu", "ssh", None, "fe80::1%br0", None, "/system")),
        ("qemu+ssh://[fe80::1%de0]/system", ("qemu", "ssh", None, "fe80::1%de0", None, "/system")),
        ("qemu+tls://kvm01:/system", ("qemu", "tls", None, "kvm01", None, "/system")),
        ("remote+ssh://kvm01/", ("remote", "ssh", None, "kvm01", None, "/")),
    ],
)
def test_a_good_uri_comes_apart(text: str, expected: tuple[object, ...]) -> None:
    uri = parse_uri(text)
    assert parts(uri) == expected
    assert str(uri) == text


def test_a_query_is_decoded() -> None:
    assert parse_uri("test+unix:///default?Socket=/run/a%20b+c&mode=auto").query == {
        "socket": "/run/a b+c",
        "mode": "auto",
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "nothing"),
        ("kvm01", "no driver://"),
        ("qemu:/system", "no driver://"),
        ("://kvm01/system", "no driver://"),
        ("qemu+rdp://kvm01/system", "'rdp'"),
        ("qemu+ssh:///system", "no host for +ssh"),
        ("qemu+tcp:///system", "no host for +tcp"),
        ("qemu+unix://kvm01/system", "a host for +unix"),
        ("qemu+ssh://kvm01:0/system", "port 0"),
        ("qemu+ssh://kvm01:70000/system", "Port out of range"),
        ("qemu+ssh://kvm01:ssh/system", "a port that is none"),
        ("qemu+ssh://[::1/system", "Invalid IPv6"),
        ("qemu+ssh://kvm 01/system", "white space"),
        ("qemu+ssh://kvm01/\n", "white space or a control character"),
        ("qemu+ssh://-oProxyCommand=x/system", "'-oProxyCommand=…'"),
        ("qemu+ssh://-lroot@kvm01/system", "'-lroot'"),
        ("qemu+ssh://ro%0aot@kvm01/system", r"ro\not"),
        ("qemu+tls://kvm01/system?pkipath=/etc/%00pki", "control character in pkipath="),
        ("test:///etc/a%00b.xml", "control character in the path"),
    ],
)
def test_a_bad_uri_is_refused(text: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_uri(text)
    assert what in caught.value.message
    assert caught.value.key == "uri"
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "qemu+ssh://root:hunter2@kvm01/system",
        "qemu+ssh://root:hunter2@kvm01:70000/system",
        "qemu+ssh://root:hunter2@kvm 01/system",
        "qemu+ssh://:hunter2@kvm01/system",
        "qemu+ssh://root:hunter2/@kvm01/system",
        "qemu+rdp://root:hunter2@kvm01/system",
        "Qemu_://root:hunter2@kvm01/system",
    ],
)
def test_no_message_leaks_a_password(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_uri(text)
    assert "password" in caught.value.message
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40) | st.from_regex(r"qemu(\+ssh|\+tcp)?://[a-z@:\[\]%0-9/.?-]{0,20}", fullmatch=True))
def test_any_text_is_a_uri_or_a_config_error(text: str) -> None:
    try:
        uri = parse_uri(text)
    except ConfigError:
        return
    assert uri.text == text
    assert uri.transport not in ("ssh", "tcp", "tls") or uri.host


def test_the_default_uri_follows_the_address() -> None:
    assert HostInfo("a", "192.0.2.11").uri == "qemu+ssh://192.0.2.11/system"
    assert HostInfo("a", "2001:db8::1").uri == "qemu+ssh://[2001:db8::1]/system"
    assert default_uri("fe80::1%eth0") == "qemu+ssh://[fe80::1%25eth0]/system"
    assert parse_uri(default_uri("fe80::1%eth0")).host == "fe80::1%eth0"


@pytest.mark.parametrize("bad", ["", "-a", "a-", "a b", "a,b", "a[1]", "@a", "ä", "a\n"])
def test_an_id_that_a_node_set_cannot_hold_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HostInfo(bad, "192.0.2.11")
    assert caught.value.key == "id"


SHELL_LETTERS = "'`\";&<>|(){}"


@pytest.mark.parametrize("letter", [*SHELL_LETTERS, "$", "\\", "\t", "\x07", " "])
def test_a_host_that_a_shell_would_act_on_is_refused(letter: str) -> None:
    """As OpenSSH 9.6 refuses it (CVE-2023-51385): a ProxyCommand has it in a shell's command line."""
    with pytest.raises(ConfigError) as caught:
        HostInfo("a", f"a{letter}b")
    assert caught.value.key == "host"
    with pytest.raises(ConfigError):
        parse_uri(f"qemu+ssh://a{quote(letter)}b/system")
    with pytest.raises(ConfigError):
        SshSettings(proxy_jump=f"a{letter}b")


@pytest.mark.parametrize("name", [*(f"a{letter}b" for letter in (*SHELL_LETTERS, "\x07", "\n")), "a -b", "-a", "a\\"])
def test_a_user_that_a_shell_would_act_on_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SshSettings(user=name)
    assert caught.value.key == "ssh.user"
    with pytest.raises(ConfigError):
        parse_uri(f"qemu+ssh://{quote(name, safe='')}@a/system")
    with pytest.raises(ConfigError):
        SshSettings(proxy_jump=f"{name}@a")


@pytest.mark.parametrize(
    "uri",
    [
        "xen+tcp://root:?sw0rd@h",
        "xen+tcp://root:1234/sw0rd@h",
        "lxc+ssh://root:1234/sw0rd@h/system",
        "remote+tls://root:1234/sw0rd%40h",
        "xen+tcp://root:1?sw0rd@h",
        "xen+tcp://root:1?sw0rd=x@h",
        "lxc+ssh://root:1?a&sw0rd=@h/system",
        "qemu+ssh://root:x@sw0rd?y@h/system",
        "qemu+ssh://root:22,sw0rd?y@h/system",
        "xen+tcp://root://sw0rd@h",
        "qemu+ssh://h/system?password.sw0rd",
        "qemu+ssh://h/system?a=1&password:sw0rd&b",
    ],
)
def test_a_password_that_reads_as_another_part_is_one(uri: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_uri(uri)
    assert "sw0rd" not in str(caught.value)


@pytest.mark.parametrize("name", ["DOM\\ann", "ann@corp", "ann$", "a.b-c_d", "ann lee", "änn"])
def test_users_that_openssh_takes_are_taken(name: str) -> None:
    assert SshSettings(user=name).user == name
    assert parse_uri(f"qemu+ssh://{quote(name, safe='')}@a/system").user == name


@pytest.mark.parametrize(
    "bad", ["", "a b", "root@a", "a/b", "[::1]", "192.0.2.1:22", "a:22", "-oX", "a\n", "::g", "a,b"]
)
def test_an_address_with_more_than_an_address_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HostInfo("a", bad)
    assert caught.value.key == "host"


@pytest.mark.parametrize(
    "bad", ["", "all", "a b", "a,b", "a&b", "a!b", "a^b", "a:b", "@a", "a[1]", "a*", "a?", "a\x1b"]
)
def test_a_tag_that_cannot_be_a_target_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HostInfo("a", "a", tags=("ok", bad))
    assert (caught.value.key, caught.value.host) == ("tags", "a")


def test_the_error_of_a_hosts_uri_names_the_host() -> None:
    with pytest.raises(ConfigError) as caught:
        HostInfo("a", "a").with_uri("nonsense")
    assert (caught.value.key, caught.value.host) == ("uri", "a")


def test_a_host_needs_some_way_to_be_reached() -> None:
    with pytest.raises(ConfigError):
        HostInfo("a", "a", uri=None, ssh=None)
    with pytest.raises(ConfigError):
        HostInfo("a", "a", uri=None, commands=False)


def test_channels_and_commands() -> None:
    plain = HostInfo("a", "a")
    assert (plain.main_channel, plain.over_ssh, plain.takes_commands) == ("virt", True, True)
    tcp = plain.with_uri("qemu+tcp://a/system")
    assert (tcp.main_channel, tcp.over_ssh, tcp.takes_commands) == ("virt", False, True)
    ssh = plain.with_uri(None)
    assert (ssh.main_channel, ssh.over_ssh, ssh.connection_uri) == ("ssh", False, None)
    assert not HostInfo("a", "a", ssh=None).takes_commands
    assert not HostInfo("a", "a", commands=False).takes_commands


def test_ssh_settings_come_from_the_uri_where_the_host_says_nothing() -> None:
    host = HostInfo("a", "a", uri="qemu+ssh://bob@a:2222/system", ssh=SshSettings(port=22))
    assert (host.ssh_settings.user, host.ssh_settings.port) == ("bob", 22)
    assert HostInfo("a", "a", uri="qemu+tcp://bob@a:2222/system").ssh_settings == SshSettings()
    assert HostInfo("a", "a", uri="qemu+ssh://bob@a/system", ssh=None).ssh_settings.user == "bob"


def test_changed_copies_leave_the_original() -> None:
    host = HostInfo("a", "a", tags=("x", "y", "x"), metadata={"k": "v"})
    assert host.tags == ("x", "y")
    assert host.with_tags("z").tags == ("z",)
    assert host.with_metadata({"n": "1"}).metadata == {"n": "1"}
    assert (host.tags, host.metadata) == (("x", "y"), {"k": "v"})
    with pytest.raises(TypeError):
        host.metadata["k"] = "other"  # type: ignore[index]
    assert hash(host) == hash(HostInfo("a", "a", tags=("x", "y")))


@pytest.mark.parametrize("field", [field.name for field in fields(HostInfo) if field.init])
def test_each_field_but_what_describes_a_host_is_a_way_to_reach_it(field: str) -> None:
    """A new field is a way, until somebody says that its connections may stay."""
    host = HostInfo("a", "192.0.2.1")
    other: dict[str, object] = {
        "id": "b", "host": "192.0.2.2", "uri": None, "tags": ("x",), "metadata": {"site": "north"},
        "ssh": SshSettings(port=2222), "transport": TransportConfig(call_timeout=9), "commands": False,
    }  # fmt: skip
    changed = replace(host, **{field: other[field]})  # type: ignore[arg-type]
    assert host.reached_like(changed) is (field in ("tags", "metadata", "transport"))
    assert host.reached_like(HostInfo("a", "192.0.2.1"))


def test_a_host_goes_by_its_own_settings_where_it_has_some() -> None:
    own, fleet = TransportConfig(call_timeout=9), TransportConfig(call_timeout=4)
    assert settings_of(HostInfo("a", "a", transport=own), fleet) is own
    assert settings_of(HostInfo("a", "a"), fleet) is fleet


def test_tags_of_keeps_the_order_of_the_file() -> None:
    hosts = [HostInfo("b", "b", tags=("t2", "t1")), HostInfo("a", "a", tags=("t1",))]
    assert tags_of(hosts) == {"t2": ("b",), "t1": ("b", "a")}
    assert list(tags_of(hosts)) == ["t2", "t1"]
