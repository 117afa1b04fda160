"""The parameters of a URI, the drivers that there are, and what a message shows of either."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo, parse_uri
from atp_tui.model.quoting import HIDDEN, LONGEST, quoted, redacted
from atp_tui.model.settings import Login

PLANTED = "not-for-the-screen"


@pytest.mark.parametrize(
    ("uri", "said", "hint"),
    [
        ("esx://root@h/?no_verify=1", "esx, which this program does not open", "VMware ESX"),
        ("vpx://root@h/dc1/cluster1/esx1", "vpx, which this program does not open", "uri = false"),
        ("esx+ssh://root@h/", "esx, which this program does not open", "protocol of its own"),
        ("hyperv://admin@h/?transport=http", "hyperv, which this program does not open", "Hyper-V"),
        ("ssh://root@h", "no hypervisor is called ssh", "uri = false"),
        ("http://h/", "no hypervisor is called http", "the drivers are qemu, xen"),
        ("kvm+ssh://h/system", "no hypervisor is called kvm", "did you mean qemu?"),
        ("libvirt://h/system", "no hypervisor is called libvirt", "did you mean qemu?"),
        ("qem+ssh://h/system", "no hypervisor is called qem", "did you mean qemu?"),
        ("storage:///system", "a part of libvirt that has no machines", "qemu+ssh"),
        ("qemu+libssh2://h/system", "the transport 'libssh2'", "+ssh"),
        ("qemu+unix:///system?socket=", "socket= is empty", "leave it out"),
        ("qemu+ssh://h/system?keyfile", "keyfile= is empty", "leave it out"),
        ("qemu+ssh://h", "no path", "qemu+ssh://h/system"),
        ("qemu://h:16514", "no path", "qemu://h/system"),
        ("vbox+ssh://h/sytem", "a path that vbox does not have", "vbox+ssh://h/system or vbox+ssh://h/session"),
        ("qemu+ssh://h/sytem", "a path that qemu does not have", "qemu+ssh://h/system"),
        ("test+tcp://h/", "no path", "test+tcp://h/default"),
        ("qemu://:16514/system", "without a host", "qemu+ssh"),
        ("qemu://root@/system", "without a host", "qemu+ssh"),
        ("qemu+ssh://h/system?socket=/a&Socket=/b", "socket= twice", "once"),
        ("qemu+ssh://h/system?socket=/a;no_verify=1", "a ; between parameters", "write &"),
        ("qemu+ssh://h/system?socket=run/x", "socket= is no path from / on", "the/whole/path"),
        ("qemu+ssh://h/system?keyfile=id_rsa", "keyfile= is no path", "keyfile=/"),
        ("qemu+ssh://h/system?mode=fast", "mode= has none of its values", "auto, direct, legacy"),
        ("qemu+ssh://h/system?proxy=x", "proxy= has none of its values", "auto, netcat, native"),
        ("qemu+ssh://h/system?proxy=native&netcat=nc", "proxy=native with netcat=", "leave proxy=native out"),
        ("qemu+ssh://h/system?proxy=native&socket=/s", "proxy=native with netcat= or", "leave proxy=native out"),
        ("qemu+ssh://h/system?netcat=nc%20-x%20a", "netcat= is no program's name", "without options"),
        ("qemu+ssh://h/system?netcat=$(id)", "netcat= is no program's name", "without options"),
        ("qemu+ssh://h/system?sshauth=password", "only methods that this program does not have", "agent or privkey"),
        ("qemu+ssh://h/system?sshauth=gssapi", "a method that is none", "keyboard-interactive"),
        ("qemu+tls://h/system?no_verify=yes", "no_verify= is no number", "no_verify=1"),
        ("qemu+tls://h/system?pkipath=", "pkipath= is empty", "leave it out"),
        ("qemu+tcp://h/system?credentials=a", "a password", "never write one there"),
        ("qemu+tcp://h/system?Pass=a", "a password", "never write one there"),
        ("qemu+tcp://h/system?api_token=a", "a password", "never write one there"),
        ("qemu+ssh://h/system#part", "a #", "%23"),
        ("qemu+ssh://h/%ff", "no UTF-8", "UTF-8"),
        ("qemu+ssh://h/%zz", "two hexadecimal digits", "%25"),
        ("qemu+ssh://[::g]/system", "Invalid IPv6", "2001:db8"),
        ("qemu+ssh://a@b@h/system", "a second @", "%40"),
        ("qemu+ssh://h,i/system", "signs that none has", "qemu+ssh"),
    ],
)
def test_what_no_connection_can_be_is_refused(uri: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_uri(uri)
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("uri", "said", "hint"),
    [
        (
            "qemu+ssh://h/system?no_verify=1",
            "no_verify= does not count here: host keys are always checked",
            "accept-new",
        ),
        ("qemu+ssh://h/system?known_hosts_verify=ignore", "host keys are always checked", "host_key_policy"),
        ("qemu+ssh://h/system?known_hosts_verify=auto", "host keys are always checked", "host_key_policy"),
        ("qemu+ssh://h/system?command=/opt/bin/ssh", "command= does not count here", "ProxyCommand"),
        ("qemu+ssh://h/system?sshauth=agent,password", "sshauth= has password", "ssh-agent"),
        ("qemu+ssh://h/system?sokcet=/run/x", "there is no parameter sokcet=", "did you mean socket=?"),
        ("qemu+ssh://h/system?pkipath=/pki", "pkipath= has no effect with +ssh", "it counts with +tls"),
        ("qemu+tcp://h/system?keyfile=/k", "keyfile= has no effect with +tcp", "it counts with +ssh"),
        ("qemu+unix:///system?netcat=nc", "netcat= has no effect with +unix", "it counts with +ssh"),
        ("test:///default?socket=/x", "socket= has no effect", "+ssh and +unix"),
        ("qemu+tls://h/system?no_verify=1", "turns the check of the server's certificate off", "pkipath="),
        ("qemu+tls://h/system?no_verify=02", "turns the check of the server's certificate off", "pkipath="),
        ("qemu://h/system?NO_VERIFY=1", "turns the check of the server's certificate off", "pkipath="),
        ("qemu+tls://h/system?tls_priority=NORMAL", "tls_priority= does not count here", "TLS 1.2"),
        ("qemu+tcp://h/system?xyzzy=1", "there is no parameter xyzzy=", "there are authfile, name, readonly"),
    ],
)
def test_what_does_not_count_or_weakens_a_check_is_said(uri: str, said: str, hint: str) -> None:
    (remark,) = parse_uri(uri).remarks
    assert said in remark.message
    assert hint in remark.hint


@pytest.mark.parametrize(
    "uri",
    [
        "qemu+ssh://h/system?socket=/s&mode=auto&proxy=netcat&netcat=/opt/nc&keyfile=~/.ssh/k&known_hosts=/k&no_tty=1",
        "qemu+ssh://h/system?known_hosts_verify=normal&sshauth=privkey,agent&readonly=1&authfile=/a&name=test:///x",
        "qemu+tls://h/system?pkipath=/pki&no_verify=0",
        "qemu+unix:///system?socket=/s&mode=legacy",
        "sim://h/?seed=1&fault=lost@60:1",
        "test:///default?readonly=1",
    ],
)
def test_nothing_is_said_of_what_counts(uri: str) -> None:
    assert parse_uri(uri).remarks == ()


def test_a_uri_says_how_to_log_in_where_the_host_does_not() -> None:
    uri = "qemu+ssh://bob@h:2222/system?keyfile=/k&known_hosts=/n&sshauth=privkey,password"
    settings = HostInfo("a", "h", uri=uri).ssh_settings
    assert (settings.user, settings.port) == ("bob", 2222)
    assert (settings.identity_files, settings.known_hosts, settings.auth) == (("/k",), ("/n",), (Login.PRIVKEY,))
    assert HostInfo("a", "h", uri=uri.replace("+ssh", "+tcp").partition("?")[0]).ssh_settings.auth is None


SLIPS = [
    f"qemu+ssh//root:{PLANTED}@h/system",
    f"qemu+ssh:/root:{PLANTED}@h/system",
    f"qemu+ssh:root:{PLANTED}@h/system",
    f"qemu+ssh://root:{PLANTED}@h/system",
    f"qemu+ssh://root:{PLANTED}/system",
    f"qemu+ssh://root:a@{PLANTED}@h/system",
    f"qemu+ssh://root@{PLANTED}@h/system",
    f"qemu+ssh://root:a/{PLANTED}@h/system",
    f"qemu+ssh://root%3A{PLANTED}@h/system",
    f"qemu+ssh://root:{PLANTED}@[::1/system",
    f"qemu+ssh://root:1{PLANTED}",
    f"qemu+ssh://root:1/{PLANTED}@h/system",
    f"qemu+ssh://h/system?password={PLANTED}",
    f"qemu+ssh://h/system?user_passwd={PLANTED}",
    f"qemu+tcp://h/system?API-Token={PLANTED}",
    f"qemu+ssh://h/system?netcat=nc%20--auth%20root:{PLANTED}@p",
    f"qemu+ssh://h/system?socket={PLANTED}",
    f"qemu+ssh://h/system?mode={PLANTED}",
    f"qemu+ssh://h/system?sshauth={PLANTED}",
    f"qemu+ssh://h/system#{PLANTED}",
    f"root:{PLANTED}@h",
    f"root:{PLANTED}",
    f"root\uff1a{PLANTED}\uff20h",
    f"\u212a://root:{PLANTED}@h\u2100/system",
    f"qemu+rdp://root:{PLANTED}@h/system",
    f"vpx://admin:{PLANTED}@h/dc",
    f"http://h%3A{PLANTED}",
    f"http://h%3a{PLANTED}",
    f"root:x@h:{PLANTED}",
    f"esx://root:/{PLANTED}/system",
    f"qemu+tcp://root@;#{PLANTED}?x=1",
    f"xen:///root:{PLANTED}@h/system",
]


@pytest.mark.parametrize("text", SLIPS)
def test_no_message_shows_a_password(text: str) -> None:
    for field in ("uri", "host", "id"):
        with pytest.raises(ConfigError) as caught:
            HostInfo(**{"id": "a", "host": "b", field: text})  # type: ignore[arg-type]
        error: BaseException | None = caught.value
        while error is not None:
            assert PLANTED not in repr(error) + str(error)
            error = error.__cause__


@given(
    st.from_regex(r"(qemu(\+ssh)?:?/{0,2})?", fullmatch=True),
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.text("abc:/?#@&=%[];,.!$ ", max_size=12),
    st.text("abc:/?#&=%[];,.!$ ", max_size=12),
)
def test_nothing_between_a_colon_and_the_last_at_is_quoted(scheme: str, user: str, before: str, after: str) -> None:
    assume(not before.startswith("//"))  # a://b@kvm01 is a URI with a user's name
    secret = f"{before}{PLANTED}{after}"
    assert PLANTED not in redacted(f"{scheme}{user}:{secret}@kvm01/system")


@pytest.mark.parametrize(
    "text", ["kvm01", "root@kvm01", "a:22", "kvm[01:03]", "-oX", "a b", "qemu+rdp://kvm01/system", "h:70000/system"]
)
def test_what_is_no_secret_is_quoted_as_it_stands(text: str) -> None:
    assert quoted(text) == repr(text)


def test_a_long_value_is_cut() -> None:
    assert redacted("x" * LONGEST) == "x" * LONGEST
    assert redacted("x" * (LONGEST + 1)) == "x" * LONGEST + HIDDEN
