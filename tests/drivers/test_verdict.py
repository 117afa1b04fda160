"""Whatever a host shows and whatever a file holds, a key is judged or called unreadable; and a few rules alone."""

from __future__ import annotations

import base64
import contextlib
import subprocess
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import String
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.ssh.key_lookup import FiledKey, FiledKeys
from atp_tui.drivers.ssh.known_hosts import Marker
from atp_tui.drivers.ssh.verdict import Standing, algorithms, described, judge

KEYS = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa", "ssh-dss")]
BLOBS = [key.public_data for key in KEYS] + [
    KEYS[0].generate_host_certificate(key, "id", principals=["a"]).public_data for key in KEYS[:3]
]


def filed(*keys: tuple[Marker, bytes], portless: bool = False) -> FiledKeys:
    found = tuple(FiledKey(marker, blob, "file:1") for marker, blob in keys)
    return FiledKeys((), found) if portless else FiledKeys(found)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    blob = bytearray(draw(st.sampled_from(BLOBS)))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(blob) - 1), st.integers(0, 255)), max_size=4)):
        blob[place] = byte
    return bytes(blob[: draw(st.integers(1, len(blob)))] if draw(st.booleans()) else blob)


@pytest.mark.filterwarnings("ignore")  # cryptography's, about keys of old kinds
@given(damaged(), st.lists(st.tuples(st.sampled_from(Marker), damaged()), max_size=4))
def test_odd_bytes_are_judged_or_called_unreadable(shown: bytes, known: list[tuple[Marker, bytes]]) -> None:
    try:
        found = judge(shown, "a", filed(*known), [])
    except ValueError:
        return
    if found.standing is Standing.KNOWN:
        plain = (Marker.NONE, found.key.public_data)
        assert plain in known or (Marker.AUTHORITY, KEYS[0].public_data) in known


def test_a_negative_number_in_a_key_is_unreadable() -> None:
    exponent = bytearray(KEYS[2].public_data)
    exponent[15] |= 0x80
    with pytest.raises(asyncssh.KeyImportError):
        judge(bytes(exponent), "a", FiledKeys(), [])


def test_a_short_rsa_key_is_not_used_even_where_it_is_known() -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=1024)
    assert judge(key.public_data, "a", filed((Marker.NONE, key.public_data)), []).standing is Standing.KNOWN
    number = (1 << 767 | 1).to_bytes(97, "big")  # what cryptography makes of it depends on its version
    short = String("ssh-rsa") + String(b"\1\0\1") + String(number)
    with contextlib.suppress(asyncssh.KeyImportError):
        assert judge(short, "a", filed((Marker.NONE, short)), []).standing is Standing.UNUSABLE


@pytest.mark.parametrize("portless", [False, True])
def test_a_revoked_key_is_revoked_under_the_name_without_the_port_too(portless: bool) -> None:
    shown = KEYS[0].public_data
    assert judge(shown, "a", filed((Marker.REVOKED, shown), portless=portless), []).standing is Standing.REVOKED


def test_a_revoked_certificate_in_a_keys_place_revokes_its_key() -> None:
    known = filed((Marker.NONE, BLOBS[0]), (Marker.REVOKED, BLOBS[4]))
    assert judge(BLOBS[0], "a", known, []).standing is Standing.REVOKED


def test_a_key_on_file_of_a_kind_that_only_a_later_openssh_knows_counts() -> None:
    """The host may have it still, and what it shows now somebody else's."""
    new = String("ssh-new") + String(b"key")
    assert judge(BLOBS[0], "a", filed((Marker.NONE, new)), []).standing is Standing.CHANGED
    broken = String("ssh-ed25519") + String(b"short")
    assert judge(BLOBS[0], "a", filed((Marker.NONE, broken)), []).standing is Standing.NEW


def test_a_certificate_signed_with_sha_1_proves_nothing() -> None:
    signed = KEYS[2].generate_host_certificate(KEYS[0], "id", principals=["a"], sig_alg="ssh-rsa")
    found = judge(signed.public_data, "a", filed((Marker.AUTHORITY, KEYS[2].public_data)), [])
    assert found.standing is Standing.NEW
    assert "SHA-1" in str(found.why)
    signed = KEYS[2].generate_host_certificate(KEYS[0], "id", principals=["a"], sig_alg="rsa-sha2-256")
    assert judge(signed.public_data, "a", filed((Marker.AUTHORITY, KEYS[2].public_data)), []).standing is Standing.KNOWN


def test_a_users_certificate_is_no_hosts() -> None:
    signed = KEYS[0].generate_user_certificate(KEYS[1], "id", principals=["a"])
    found = judge(signed.public_data, "a", filed((Marker.AUTHORITY, KEYS[0].public_data)), [])
    assert (found.standing, "not one for hosts" in str(found.why)) == (Standing.NEW, True)


@pytest.mark.daemons
def test_a_certificate_with_a_condition_that_nobody_knows_is_not_taken(tmp_path: Path) -> None:
    for name in ("authority", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    sign = ["-s", str(tmp_path / "authority"), "-h", "-I", "id", "-n", "a", "-O", "critical:only@a.b=c"]
    subprocess.run(["ssh-keygen", "-q", *sign, tmp_path / "host.pub"], check=True)
    blob = base64.b64decode((tmp_path / "host-cert.pub").read_text().split()[1])
    authority = asyncssh.read_public_key(tmp_path / "authority.pub").public_data
    found = judge(blob, "a", filed((Marker.AUTHORITY, authority)), [])
    assert (found.standing, "options" in str(found.why), found.fell_back) == (Standing.NEW, True, True)
    plain = found.key.public_data
    assert judge(blob, "a", filed((Marker.AUTHORITY, authority), (Marker.NONE, plain)), []).standing is Standing.KNOWN


def test_known_kinds_are_offered_first_and_bring_nothing_back() -> None:
    defaults = [b"ssh-ed25519", b"rsa-sha2-512", b"rsa-sha2-256"]
    known = filed((Marker.NONE, BLOBS[2]), (Marker.NONE, BLOBS[3]))
    assert algorithms(known, defaults, [b"c"]) == ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]
    assert algorithms(filed((Marker.AUTHORITY, BLOBS[0])), defaults, [b"c"])[0] == "c"
    # as ssh, which refuses the certificate of a revoked authority: whoever does not ask for it does not see it
    assert algorithms(filed((Marker.REVOKED, BLOBS[0])), defaults, [b"c"])[0] == "c"
    assert algorithms(known, defaults, [b"c"], revokes=True)[0] == "c"


def test_keys_on_file_are_described_as_ssh_keygen_does() -> None:
    assert described(filed((Marker.NONE, BLOBS[0]), (Marker.REVOKED, BLOBS[1])).exact) == (
        f"ssh-ed25519 {KEYS[0].get_fingerprint()}",
    )


@pytest.mark.parametrize(("now", "words"), [(999, "not yet valid"), (1000, ""), (1999, ""), (2000, "has expired")])
def test_a_certificate_holds_from_its_first_second_to_its_last(now: float, words: str) -> None:
    signed = KEYS[0].generate_host_certificate(KEYS[1], "id", principals=["a"], valid_after=1000, valid_before=2000)
    found = judge(signed.public_data, "a", filed((Marker.AUTHORITY, KEYS[0].public_data)), [], now)
    assert found.standing is (Standing.NEW if words else Standing.KNOWN)
    assert words in str(found.why)
