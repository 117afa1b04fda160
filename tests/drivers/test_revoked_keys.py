"""Files of revoked keys, against `ssh-keygen -Q`, OpenSSH's own reading of them."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import String
from asyncssh.public_key import SSHOpenSSHCertificate, decode_ssh_certificate

from atp_tui.drivers.ssh.revoked_keys import Issued, read_revoked_keys


class Bench:
    """Keys, and certificates of two authorities with several serial numbers and ids."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(3)]
        self.authorities = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(2)]
        for number, key in enumerate([*self.keys, *self.authorities]):
            (directory / f"k{number}.pub").write_bytes(key.export_public_key())
        self.certificates: dict[str, tuple[int, int, str]] = {}
        for which, authority in enumerate(self.authorities):
            for serial in (0, 1, 5, 7, 70, 5000):
                name = f"c{which}-{serial}"
                made = authority.generate_host_certificate(self.keys[0], f"id{serial}", serial=serial)
                (directory / f"{name}.pub").write_bytes(made.export_certificate())

    def krl(self, *lines: str) -> Path:
        spec, krl = self.directory / "spec", self.directory / "krl"
        spec.write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            ["ssh-keygen", "-q", "-k", "-f", krl, "-s", self.directory / "k3.pub", spec],
            check=False,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        return krl

    def agree(self, krl: Path) -> set[str]:
        """The names of those that are revoked, where OpenSSH and we agree on each."""
        revoked, ours = set(), read_revoked_keys(krl.read_bytes())
        for file in sorted(self.directory.glob("*.pub")):
            theirs = subprocess.run(["ssh-keygen", "-Q", "-f", krl, file], check=False, capture_output=True)
            assert theirs.returncode in (0, 1)
            assert ours.revokes(*shown(file)) == bool(theirs.returncode), file.name
            if theirs.returncode:
                revoked.add(file.stem)
        return revoked


def shown(file: Path) -> tuple[bytes, Issued | None]:
    if not file.name.startswith("c"):
        return asyncssh.read_public_key(file).public_data, None
    certificate = decode_ssh_certificate(asyncssh.read_certificate(file).public_data)
    assert isinstance(certificate, SSHOpenSSHCertificate)
    issued = Issued(certificate.signing_key.public_data, certificate._serial, certificate._key_id.encode())
    return certificate.key.public_data, issued


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_krls_say_what_openssh_reads_in_them(bench: Bench) -> None:
    key = (bench.directory / "k1.pub").read_text().strip()
    assert bench.agree(bench.krl("serial: 5")) == {"c0-5"}
    assert bench.agree(bench.krl("serial: 1-7", "serial: 5000")) == {"c0-1", "c0-5", "c0-7", "c0-5000"}
    many = [f"serial: {number}" for number in range(3, 200, 2)]
    assert bench.agree(bench.krl(*many)) == {"c0-5", "c0-7"}
    assert bench.agree(bench.krl("id: id70", "id: id0")) == {"c0-70", "c0-0"}
    assert bench.agree(bench.krl(f"key: {key}")) == {"k1"}
    assert bench.agree(bench.krl(f"sha1: {key}")) == {"k1"}
    assert bench.agree(bench.krl(f"sha256: {key}")) == {"k1"}
    authority = (bench.directory / "k4.pub").read_text().strip()
    assert bench.agree(bench.krl(f"key: {authority}")) == {"k4", *(f"c1-{n}" for n in (0, 1, 5, 7, 70, 5000))}
    assert bench.agree(bench.krl("# nothing")) == set()


def test_a_krl_that_openssh_refuses_is_refused(bench: Bench) -> None:
    """Then no host key is good: nobody knows what it was to revoke."""
    key = (bench.directory / "k1.pub").read_text().strip()
    seven, many = (7).to_bytes(8, "big"), (5000).to_bytes(8, "big")
    serials = bench.krl("serial: 7-5000").read_bytes()
    hashes = bench.krl(f"sha256: {key}").read_bytes()
    bits = bench.krl(*(f"serial: {number}" for number in range(65, 300, 2))).read_bytes()
    start = (65).to_bytes(8, "big")
    assert seven + many in serials and bits.count(start) == 1
    for data, good in (
        (serials, True),
        (serials.replace(seven + many, bytes(8) + many), False),
        (serials.replace(seven + many, many + seven), False),
        (serials.replace(b"ssh-ed25519", b"ssh-ed25518"), False),
        (bits, True),
        (bits.replace(start, bytes(8)), False),
        (bits.replace(start, b"\xff" * 8), False),
        (hashes, True),
        # one byte less: the lengths of the section and of the hash are 36 and 32
        (hashes.replace(b"\0\0\0\x24\0\0\0\x20", b"\0\0\0\x23\0\0\0\x1f")[:-1], False),
    ):
        krl = bench.directory / "odd"
        krl.write_bytes(data)
        asked = subprocess.run(
            ["ssh-keygen", "-Q", "-f", krl, bench.directory / "k0.pub"], check=False, capture_output=True
        )
        assert (asked.returncode != 255) == good, "the table itself is wrong"
        assert _fails(data) == (not good)


def test_a_part_of_a_krl_that_is_not_known_counts_where_it_says_so(bench: Bench) -> None:
    key = (bench.directory / "k1.pub").read_text().strip()
    data = bench.krl(f"key: {key}").read_bytes()
    for critical in (0, 1):
        content = String("new@example.org") + bytes([critical]) + String("what it says")
        assert _fails(data + b"\xff" + String(content)) == bool(critical)
    assert _fails(data + b"\x09" + String("another kind of section"))


def test_lists_of_keys(bench: Bench) -> None:
    """ssh-keygen -Q reads no lists; ssh does, and test_host_keys_as_ssh has it."""
    files = [bench.directory / f"{name}.pub" for name in ("k1", "k4")]
    listed = read_revoked_keys(b"# mine\n\n \t" + b"".join(file.read_bytes() for file in files))
    revoked = {file.stem for file in bench.directory.glob("*.pub") if listed.revokes(*shown(file))}
    assert revoked == {"k1", "k4", *(f"c1-{serial}" for serial in (0, 1, 5, 7, 70, 5000))}
    assert not read_revoked_keys(b"").revokes(*shown(files[0]))
    of_a_certificate = read_revoked_keys((bench.directory / "c0-5.pub").read_bytes())
    assert of_a_certificate.revokes(*shown(bench.directory / "k0.pub")), "it lists the key that it certifies"
    assert not of_a_certificate.revokes(*shown(bench.directory / "k3.pub")), "and not its authority"


_SHORT = b"ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20short") + b"\n"
_UNKNOWN = b"ssh-new " + base64.b64encode(b"\0\0\0\x07ssh-new\0\0\0\x04key!") + b"\n"


@pytest.mark.parametrize(
    "data", [b"a ssh-ed25519 AAAA\n", b"word\n", b"ssh-ed25519 AAAA\n", b"\xff\xff\n", _SHORT, _UNKNOWN]
)
def test_a_line_that_is_no_key_makes_the_list_unusable(data: bytes) -> None:
    with pytest.raises(ValueError, match="line 1"):
        read_revoked_keys(data)


def test_a_krl_that_is_cut_short_anywhere_revokes_no_less(bench: Bench) -> None:
    data = bench.krl("serial: 5", "id: id70").read_bytes()
    whole = {size for size in range(8, len(data)) if not _fails(data[:size])}
    # only the end of a section looks like an end; the one before the first section is the only such place here
    assert all(size < 60 for size in whole)
    with pytest.raises(ValueError, match="format"):
        read_revoked_keys(data[:8] + b"\0\0\0\x09" + data[12:])


def _fails(data: bytes) -> bool:
    try:
        read_revoked_keys(data)
    except ValueError:
        return True
    return False
