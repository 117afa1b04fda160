"""What ssh_config wants of keys beyond their being on file: whom `ssh` refuses for it is refused here."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from atp_tui.drivers.ssh.hostkeys import HostKeyStore
from atp_tui.model.settings import HostKeyPolicy

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG
from .test_host_keys_as_ssh import Place, Row

pytestmark = pytest.mark.daemons


def keygen(*words: object) -> None:
    subprocess.run(["ssh-keygen", "-q", *map(str, words)], check=True, capture_output=True, timeout=HANG)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    """An sshd with a key of 2048 bits and a certificate of its usual key, which lets in a key of 2048 bits as well."""
    at = tmp_path_factory.mktemp("rules")
    for name, kind in (("rsa", ("rsa", "-b", "2048")), ("mine", ("rsa", "-b", "2048")), ("ca", ("ed25519",))):
        keygen("-t", *kind, "-N", "", "-f", at / name)
    options = [f"HostKey {at}/sshd/host_key", f"HostKey {at}/rsa", f"HostCertificate {at}/host-cert.pub"]
    options.append(f"AuthorizedKeysFile {at}/sshd/authorized_keys {at}/mine.pub")
    made = PrivateSshd(at / "sshd")  # never started: its host key is to be signed
    (at / "host.pub").write_bytes((made.directory / "host_key.pub").read_bytes())
    keygen("-s", at / "ca", "-h", "-I", "host", "-n", "127.0.0.1", at / "host.pub")
    with kept_keys(made, options) as found:
        yield found


@contextlib.contextmanager
def kept_keys(made: PrivateSshd, options: list[str]) -> Iterator[PrivateSshd]:
    made.options = tuple(options)
    made.start()
    try:
        yield made
    finally:
        made.close()


def place_of(daemon: PrivateSshd, directory: Path, config: str, known: str) -> Place:
    at = daemon.directory.parent
    for word, file in (("@RSA@", "rsa.pub"), ("@CA@", "ca.pub")):
        known = known.replace(word, " ".join((at / file).read_text().split()[:2]))
    place = Place(daemon, directory)
    place.write(Row("", known, True, config=config))
    return place


RSA_ALONE = "HostKeyAlgorithms rsa-sha2-512\n "
CERTIFICATE = "HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n "

CASES = {
    "RSA, the usual length": (f"{RSA_ALONE}", "@NAME@ @RSA@", True),
    "RSA of the length": (f"{RSA_ALONE}RequiredRSASize 2048", "@NAME@ @RSA@", True),
    "RSA too short": (f"{RSA_ALONE}RequiredRSASize 2049", "@NAME@ @RSA@", False),
    "less than the least": (f"{RSA_ALONE}RequiredRSASize 512", "@NAME@ @RSA@", True),
    "another kind than RSA": ("RequiredRSASize 4096", "@NAME@ @KEY@", True),
    "an authority": (f"{CERTIFICATE}", "@cert-authority * @CA@", True),
    "an authority's algorithm": (f"{CERTIFICATE}CASignatureAlgorithms ssh-ed25519", "@cert-authority * @CA@", True),
    "another algorithm": (f"{CERTIFICATE}CASignatureAlgorithms rsa-sha2-512", "@cert-authority * @CA@", False),
    "one taken away": (f"{CERTIFICATE}CASignatureAlgorithms -ssh-ed*", "@cert-authority * @CA@", False),
    "one more": (f"{CERTIFICATE}CASignatureAlgorithms +ssh-rsa", "@cert-authority * @CA@", True),
}


@pytest.mark.parametrize("name", list(CASES))
async def test_the_rules_for_host_keys_are_those_of_ssh(daemon: PrivateSshd, name: str, tmp_path: Path) -> None:
    config, known, good = CASES[name]
    place = place_of(daemon, tmp_path, config, known)
    assert await place.ssh(HostKeyPolicy.STRICT) == good, "the table itself is wrong"
    assert (await place.ours(HostKeyPolicy.STRICT) is None) == good


OLD = {
    "a signature with SHA-1": ("HostKeyAlgorithms ssh-rsa", "HostKeyAlgorithms +ssh-rsa"),
    "an exchange with SHA-1": (
        "KexAlgorithms diffie-hellman-group14-sha1",
        "KexAlgorithms +diffie-hellman-group14-sha1",
    ),
}


@pytest.mark.filterwarnings("ignore")  # cryptography's, about exchanges of old kinds
@pytest.mark.parametrize("what", list(OLD))
@pytest.mark.parametrize("asked", [False, True])
async def test_a_server_of_old_is_reached_where_ssh_config_asks_for_it(what: str, asked: bool, tmp_path: Path) -> None:
    option, config = OLD[what]
    keygen("-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "rsa")
    with running_sshd(tmp_path / "sshd", options=[option, f"HostKey {tmp_path}/rsa"]) as old:
        place = Place(old, tmp_path)
        known = " ".join((tmp_path / "rsa.pub").read_text().split()[:2])
        place.write(Row("", f"@NAME@ {known}\n@NAME@ @KEY@", True, config=config if asked else ""))
        assert await place.ssh(HostKeyPolicy.STRICT) == asked
        refused = await place.ours(HostKeyPolicy.STRICT)
        assert (refused is None) == asked
        assert refused is None or option.split()[0] in refused.message


@pytest.mark.parametrize(("bits", "good"), [(2048, True), (2049, False)])
async def test_our_own_short_key_is_not_offered_as_with_ssh(
    daemon: PrivateSshd, bits: int, good: bool, tmp_path: Path
) -> None:
    place = place_of(daemon, tmp_path, f"RequiredRSASize {bits}", "@NAME@ @KEY@")
    mine = daemon.directory.parent / "mine"
    text = place.config.read_text().replace(f"IdentityFile {daemon.client_key}", f"IdentityFile {mine}")
    place.config.write_text(f"{text} IdentityAgent none\n")
    assert await place.ssh(HostKeyPolicy.STRICT) == good
    refused = await place.ours(HostKeyPolicy.STRICT)
    assert (refused is None) == good
    assert refused is None or f"{mine} has 2048 bits, and ssh_config's RequiredRSASize wants 2049" in refused.message


@pytest.mark.parametrize(("hash_names", "name"), [("yes", "|1|"), ("no", "[127.0.0.1]:")])
@pytest.mark.parametrize("trusted", [False, True])
async def test_new_names_are_hashed_as_ssh_hashes_them(
    daemon: PrivateSshd, hash_names: str, name: str, trusted: bool, tmp_path: Path
) -> None:
    place = place_of(daemon, tmp_path, f"HashKnownHosts {hash_names}", "")
    store = HostKeyStore()
    if trusted:
        store.trust_now(place.host(), daemon.host_public_key)
    else:
        assert await place.ours(HostKeyPolicy.ACCEPT_NEW) is None
    assert place.known.read_text().startswith(name)
    assert place.known.read_text().count("\n") == 1
    assert await place.ssh(HostKeyPolicy.STRICT)
    assert await place.ours(HostKeyPolicy.STRICT) is None


async def test_localhost_is_checked_and_told(daemon: PrivateSshd, tmp_path: Path) -> None:
    place = place_of(daemon, tmp_path, "NoHostAuthenticationForLocalhost yes", "@NAME@ @OTHER@")
    assert await place.ssh(HostKeyPolicy.STRICT)  # OpenSSH takes any key of this machine
    refused = await place.ours(HostKeyPolicy.STRICT)
    assert refused is not None
    assert "NoHostAuthenticationForLocalhost is not read here" in refused.message


@pytest.mark.parametrize("lies", [False, True])
async def test_a_signature_with_less_than_was_agreed_on_is_none(
    lies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key: Any = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    sign, agreed = type(key).sign, []

    def signed(key: Any, data: bytes, algorithm: bytes) -> bytes:
        agreed.append(algorithm)
        return bytes(sign(key, data, b"ssh-rsa" if lies else algorithm))

    monkeypatch.setattr(type(key), "sign", signed)

    async def end(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.exit(0)

    class NoLogin(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=NoLogin, server_host_keys=[key], process_factory=end, encoding=None
    )
    async with server:
        place = Place.__new__(Place)
        place.config = tmp_path / "config"
        (tmp_path / "known").write_bytes(f"[127.0.0.1]:{server.get_port()} ".encode() + key.export_public_key())
        words = f"Host box\n HostName 127.0.0.1\n Port {server.get_port()}\n UserKnownHostsFile {tmp_path}/known\n"
        place.config.write_text(words)
        assert await place.ssh(HostKeyPolicy.STRICT) != lies
        refused = await place.ours(HostKeyPolicy.STRICT)
        assert b"ssh-rsa" not in agreed
        assert (refused is not None and "hash mismatch" in refused.message) == lies
