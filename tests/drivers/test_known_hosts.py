"""The reader of known_hosts files against OpenSSH's own: what `ssh-keygen -F` finds and what `-R` leaves."""

from __future__ import annotations

import base64
import hmac
import subprocess
import tempfile
from pathlib import Path

import asyncssh
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atp_tui.drivers.ssh.key_lookup import KeyFiles
from atp_tui.drivers.ssh.known_hosts import MOST_ODD, PIECE, KnownHosts, Marker, can_be_filed, filed_name, read_line
from atp_tui.drivers.ssh.wildcards import matches, matches_list

KEYS = [
    " ".join(asyncssh.generate_private_key(kind).export_public_key().decode().split()[:2])
    for kind in ("ssh-ed25519", "ssh-ed25519", "ecdsa-sha2-nistp256")
]
NAMES = ("a", "b", "ab", "a.example", "[a]:22", "[a]:2222", "[a.example]:2222", "192.0.2.1", "[2001:db8::1]:2222")


def hashed(name: str, salt: bytes) -> str:
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


names = st.sampled_from(NAMES)
patterns = st.one_of(
    names,
    names.map(str.upper),
    st.sampled_from(
        ("*", "a*", "?", "*.example", "[*]:2222", "[a*]:*", "!a", "!a*", "!*", "!", "a?b", "**b", "[a]", "")
    ),
)
hosts = st.one_of(
    st.lists(patterns, min_size=1, max_size=4).map(",".join),
    st.builds(hashed, names, st.binary(min_size=20, max_size=20)),
    st.builds(hashed, names, st.binary(min_size=19, max_size=21)),
    st.sampled_from(("|1|", "|1|AAAA|AAAA", "|2|x|y", "|1|" + "A" * 27 + "=|x")),
)
blanks = st.sampled_from((" ", "\t", "  ", " \t"))
RSA = asyncssh.generate_private_key("ssh-rsa").export_public_key().decode().split()[1]
keys = st.sampled_from((*KEYS, f"ssh-rsa {RSA}", f"rsa-sha2-512 {RSA}", f"rsa-sha2-3 {RSA}"))
whole_lines = st.builds(
    lambda lead, marker, host, gap, key, comment: f"{lead}{marker}{host}{gap}{key}{comment}".encode(),
    st.sampled_from(("", "", " ", "\t")),
    st.sampled_from(("", "", "", "@revoked ", "@cert-authority ", "@revoked  ", "@cert-authority \t")),
    hosts,
    blanks,
    keys,
    st.sampled_from(("", " root@a", "\troot", " # a", " a b", "\r")),
)
other_lines = st.sampled_from(
    (b"", b" ", b"# a ssh-rsa AAAA", b"\t# b", b"a", b"@what a ssh-rsa AAAA", b"\xff\xfe \xfc")
)
files = st.lists(st.one_of(whole_lines, whole_lines, whole_lines, other_lines), max_size=8).map(b"\n".join)


def keygen(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *arguments], check=False, capture_output=True, timeout=30)


def found_by_openssh(path: Path, name: str) -> list[tuple[int, Marker]]:
    """Line numbers and markers, from `# Host NAME found: line N MARKER`."""
    markers = {b"CA": Marker.AUTHORITY, b"REVOKED": Marker.REVOKED}
    found = []
    for line in keygen("-F", name, "-f", path).stdout.split(b"\n"):
        if line.startswith(b"# Host ") and b" found: line " in line:
            number, *marker = line.rpartition(b" found: line ")[2].split()
            found.append((int(number), markers[marker[0]] if marker else Marker.NONE))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files, names, st.booleans())
def test_the_lines_of_a_name_are_those_that_openssh_finds(data: bytes, name: str, ended: bool) -> None:
    data += b"\n" * ended
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "known_hosts"
        path.write_bytes(data)
        ours = [(entry.number, entry.marker) for entry in KnownHosts(data).find(name)]
        assert ours == found_by_openssh(path, name)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(whole_lines, max_size=8).map(b"\n".join), names)
def test_what_is_removed_is_what_openssh_removes(data: bytes, name: str) -> None:
    data += b"\n" if data else b""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "known_hosts"
        path.write_bytes(data)
        done = keygen("-q", "-R", name, "-f", path)
        if done.returncode == 0:  # a hash that is none has it refuse the whole file
            assert KnownHosts(data).without(name) == path.read_bytes()


@given(files, files, names, st.booleans())
def test_a_file_that_has_grown_says_what_it_would_say_read_anew(
    before: bytes, after: bytes, name: str, ended: bool
) -> None:
    old = KnownHosts(before + b"\n" * ended)
    old.find(name)
    whole = before + b"\n" + after
    assert KnownHosts(whole, old).find(name) == KnownHosts(whole).find(name)


@given(files, names)
def test_what_stays_stays_byte_for_byte(data: bytes, name: str) -> None:
    after = KnownHosts(data).without(name)
    gone = {entry.number for entry in KnownHosts(data).find(name) if entry.marker is Marker.NONE}
    kept = [line for number, line in enumerate(data.splitlines(keepends=True), 1) if number not in gone]
    assert b"\r" in data or after == b"".join(kept)
    assert {entry.marker for entry in KnownHosts(after).find(name)} <= {Marker.REVOKED, Marker.AUTHORITY}


@pytest.mark.parametrize(
    ("line", "marker"),
    [
        (b"a\tssh-ed25519 KEY", Marker.NONE),
        (b"a \t ssh-ed25519\tKEY\r", Marker.NONE),
        (b"@revoked a ssh-ed25519 KEY", Marker.REVOKED),
        (b"@revoked\ta ssh-ed25519 KEY", Marker.REVOKED),  # OpenSSH passes it over, and the key would be good
        (b"@cert-authority\ta ssh-ed25519 KEY", None),  # as OpenSSH: otherwise it would be looser
        (b"@cert-authority\ta\tssh-ed25519\tKEY", Marker.AUTHORITY),
        (b"@revoked @revoked a ssh-ed25519 KEY", None),
        (b"a ssh-rsa KEY", None),
        (b"a ssh-ed25519", None),
        (b"a ssh-ed25519 KEY\0", Marker.NONE),
        (b"a\0 ssh-ed25519 KEY", None),
    ],
)
def test_one_line(line: bytes, marker: Marker | None) -> None:
    entry = read_line(line.replace(b"KEY", KEYS[0].split()[1].encode()), 1)
    assert (None if entry is None else entry.marker) == marker


def test_names_as_they_are_filed() -> None:
    assert filed_name("Box", 22) == "box"
    assert filed_name("Box", 2222) == "[box]:2222"
    assert filed_name("Box", 2222, alias=True) == "box"


@pytest.mark.parametrize("name", ["", "*", "a,b", "a b", "a\nb", "!a", "|1|a", "@revoked", "#", "[a]", "a?"])
def test_names_that_would_mean_other_hosts_are_not_filed(name: str) -> None:
    assert not can_be_filed(name)


def test_capitals_beyond_ascii_are_other_names() -> None:
    key = KEYS[0].encode()
    for name, line, found in (("ÉX", "Éx", 1), ("Éx", "éx", 0), ("\u212aelvin", "kelvin", 0)):
        assert len(KnownHosts(line.encode() + b" " + key).find(filed_name(name, 22))) == found


def test_a_hash_that_openssh_would_not_write_is_no_hash() -> None:
    line = hashed("a", b"s" * 20)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    more = line[:-2] + last[last.index(line[-2]) + 1] + "="  # bits beyond the last byte
    assert base64.b64decode(more.split("|")[3]) == base64.b64decode(line.split("|")[3])
    for text, found in ((line, 1), (more, 0)):
        assert len(KnownHosts(f"{text} {KEYS[0]}".encode()).find("a")) == found


def test_names_that_are_filed() -> None:
    assert all(can_be_filed(name) for name in ("a", "a.example", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "a_b-c"))


def test_a_pattern_that_is_too_long_has_its_list_match_nothing() -> None:
    assert matches_list(b"a", b"a," + b"b" * 1000)
    assert not matches_list(b"a", b"a," + b"b" * 1100)
    data = b"a," + b"b" * 1100 + f" {KEYS[0]}\n".encode()
    assert KnownHosts(data).find("a") == ()


def test_stars_cost_no_more_than_their_number() -> None:
    assert not matches(b"a" * 3000, b"*a" * 300 + b"b")


def test_more_hashed_names_than_are_tried_at_a_time() -> None:
    count, breaths = 2 * PIECE + 3, list[None]()
    names = [f"kvm{number}" for number in range(count)]
    data = "".join(f"{hashed(name, name.encode().rjust(20))} {KEYS[0]}\n" for name in names).encode()
    hosts = KnownHosts(data, None, lambda: breaths.append(None))
    assert len(breaths) == 2
    for number in (0, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE - 1, 2 * PIECE, count - 1):
        assert hosts.cost(names[number]) == count
        assert [entry.number for entry in hosts.find(names[number])] == [number + 1]
        assert hosts.cost(names[number]) == 0


def test_lines_that_nobody_understands_are_numbered_and_stop_no_other() -> None:
    key = KEYS[0].encode()
    good = b"kvm1 " + key
    odd = [
        b"kvm2",
        b"kvm2 ssh-ed25519",
        b"kvm2 ssh-ed25519 AAAA",
        b"@revoked kvm2",
        b"@certauthority kvm2 " + key,
        b"|1|salt|hash " + key,
        b"|2|x|y " + key,
        b"kvm2 1024 35 1234567",  # of SSH's first version
        bytes(range(128, 256)) * 20,
        b"x" * 5_000_000,
        b"kvm2," * 200_000 + b"kvm2",
    ]
    plain = [b"", b"  \t", b"# kvm2", b"\t# kvm2 " + key, b"\r", b"\0", b"kvm3 " + key + b"\r", b"*,!kvm1 " + key]
    lines = [each for line in odd for each in (line, good)] + plain
    hosts = KnownHosts(b"\n".join(lines[:10]) + b"\n")
    grown = KnownHosts(b"\n".join(lines), hosts)
    for known in (grown, KnownHosts(b"\n".join(lines))):
        assert known.odd == list(range(1, 2 * len(odd), 2))
        assert len(known.find("kvm1")) == len(odd)
        assert len(known.find("kvm3")) == 2
    assert len(KnownHosts(b"odd\n" * 5000).odd) == MOST_ODD


def test_what_is_passed_over_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, files = tmp_path / "known", KeyFiles()
    file.write_text(f"odd\nkvm1 {KEYS[0]}\nodd\n")
    for _ in range(2):
        assert len(files.read([file], "kvm1", None).exact) == 1
    assert files.odd_lines(file) == f"{file} line 1 and 1 more: not understood, and passed over, as ssh does"
    assert [record.getMessage() for record in caplog.records] == [files.odd_lines(file)]
    file.write_text(file.read_text() + f"kvm2 {KEYS[0]}\n")
    files.read([file], "kvm1", None)
    assert len(caplog.records) == 1
    assert files.odd_lines(tmp_path / "none") == ""
