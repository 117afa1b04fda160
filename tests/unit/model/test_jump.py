"""The one reading of jump hosts, whoever wrote them: hosts.toml or ssh_config."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.jump import Hop, parse_jump
from atp_tui.model.settings import SshSettings


@pytest.mark.parametrize(
    ("way", "hops"),
    [
        ("none", []),
        ("NONE", []),
        ("a", [Hop("a")]),
        ("u@a.b:2222", [Hop("a.b", "u", 2222)]),
        ("u@d@a", [Hop("a", "u@d")]),
        ("DOM\\ann lee@a", [Hop("a", "DOM\\ann lee")]),
        (" u@a:1 , v@b:2 ", [Hop("a", "u", 1), Hop("b", "v", 2)]),
        ("[2001:db8::1]:22", [Hop("2001:db8::1", None, 22)]),
        ("u@[fe80::1%eth0]", [Hop("fe80::1%eth0", "u")]),
        ("2001:db8::1", [Hop("2001:db8::1")]),
        ("[a.example.org]:22", [Hop("a.example.org", None, 22)]),
        ("ssh://u@a:22/", [Hop("a", "u", 22)]),
        ("ssh://a,b", [Hop("a"), Hop("b")]),
        ("none,a", [Hop("none"), Hop("a")]),
    ],
)
def test_what_is_a_way(way: str, hops: list[Hop]) -> None:
    assert list(parse_jump(way)) == hops


@pytest.mark.parametrize(
    "way",
    ["", ",", "a,,b", "a b", "a:0", "a:65536", "a:ssh", "u@", "@a", "[::1", "::1]", "a/", "http://a", "u:pw@a", "a?x"],
)
def test_what_is_none_is_told_with_the_form(way: str) -> None:
    with pytest.raises(ConfigError, match="is not a jump host") as wrong:
        parse_jump(way, "ssh.proxy_jump")
    assert wrong.value.key == "ssh.proxy_jump"
    assert "[user@]host[:port]" in (wrong.value.hint or "")


@pytest.mark.parametrize("way", ["a;b", "a`b`", "-a", "-u@a", "a$b", "u|v@a", "b,u -x@a"])
def test_what_a_shell_would_act_on_is_refused(way: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_jump(way)
    assert "a shell would act" in (wrong.value.hint or "")


def test_a_password_is_not_quoted() -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_jump("root:qr-7e7e@a")
    assert "qr-7e7e" not in str(wrong.value)


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,8}", fullmatch=True).filter(lambda name: name.lower() != "none")
hops = st.builds(
    Hop,
    st.one_of(names, st.ip_addresses().map(str)),
    st.none() | st.from_regex(r"[a-z_][a-z0-9@._-]{0,8}", fullmatch=True),
    st.none() | st.integers(1, 65535),
)


def written(hop: Hop) -> str:
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    return (f"{hop.user}@" if hop.user else "") + host + (f":{hop.port}" if hop.port else "")


@given(st.lists(hops, min_size=1, max_size=4), st.sampled_from(["", "ssh://"]))
def test_what_is_written_is_read(way: list[Hop], scheme: str) -> None:
    assert list(parse_jump(",".join(scheme + written(hop) for hop in way))) == way


@pytest.mark.parametrize(
    ("ssh", "first"),
    [
        (None, None),
        (SshSettings(), None),
        (SshSettings(proxy_jump="none"), None),
        (SshSettings(proxy_jump="ann@Gate"), "gate:22"),
        (SshSettings(proxy_jump="gate:22,inner"), "gate:22"),
        (SshSettings(proxy_jump="gate:2222"), "gate:2222"),
    ],
)
def test_hosts_behind_one_jump_host_are_known_by_it_however_it_is_written(
    ssh: SshSettings | None, first: str | None
) -> None:
    assert HostInfo("a", "a", ssh=ssh).jump_host == first
