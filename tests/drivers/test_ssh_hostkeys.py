"""Host keys: what is accepted, what is refused, and what a person's trust does to the files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.hostkeys import HostKeyStore
from atp_tui.model.errors import ConfigError, ConnectFailed, HostKeyRejected, HostKeyRevoked
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings

from ..daemons.names import LOCAL_NAME
from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import host_of, linked, open_link

pytestmark = pytest.mark.daemons

POLICIES = list(HostKeyPolicy)


def _another_key() -> str:
    return " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])


def _is_device(file: Path) -> bool:
    return file.is_char_device()


def _old(file: Path) -> Path:
    return file.with_name(file.name + ".old")


def _hash_names(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    _old(file).unlink()


def _remove(file: Path, name: str) -> None:
    subprocess.run(["ssh-keygen", "-q", "-R", name, "-f", file], check=True, capture_output=True)


def _host(daemon: PrivateSshd, file: Path, policy: HostKeyPolicy | None = None) -> HostInfo:
    return host_of(daemon, daemon.ssh_settings(known_hosts=file, host_key_policy=policy))


async def _refused(host: HostInfo, driver: SshDriver | None = None) -> HostKeyRejected:
    with pytest.raises(HostKeyRejected) as caught:
        await open_link(host, driver)
    assert caught.value.host == "peer"
    return caught.value


async def _accepted(host: HostInfo, driver: SshDriver | None = None) -> None:
    async with linked(host, driver):
        pass


@pytest.mark.parametrize("policy", [None, HostKeyPolicy.STRICT, HostKeyPolicy.ASK])
async def test_an_unknown_key_is_refused_with_its_fingerprint(
    sshd: PrivateSshd, tmp_path: Path, policy: HostKeyPolicy | None
) -> None:
    file = tmp_path / "none"
    error = await _refused(_host(sshd, file, policy))
    fingerprint = asyncssh.import_public_key(sshd.host_public_key).get_fingerprint()
    assert (error.known, error.fingerprint, error.public_key) == (False, fingerprint, sshd.host_public_key)
    assert (error.name, error.on_file) == (f"[127.0.0.1]:{sshd.port}", ())
    assert fingerprint in error.message
    assert str(file) in error.message
    assert not file.exists()


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_changed_key_is_refused_under_every_policy(
    sshd: PrivateSshd, tmp_path: Path, policy: HostKeyPolicy
) -> None:
    file = tmp_path / "known_hosts"
    other = _another_key()
    file.write_text(f"[127.0.0.1]:{sshd.port} {other}\n")
    before = file.read_text()
    error = await _refused(_host(sshd, file, policy))
    assert (error.known, error.public_key) == (True, sshd.host_public_key)
    assert error.name == f"[127.0.0.1]:{sshd.port}"
    assert error.on_file == (f"ssh-ed25519 {asyncssh.import_public_key(other).get_fingerprint()}",)
    assert file.read_text() == before


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_key_of_another_kind_is_a_changed_key(sshd: PrivateSshd, tmp_path: Path, policy: HostKeyPolicy) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{sshd.port} {other}\n")
    error = await _refused(_host(sshd, file, policy))
    assert (error.known, error.public_key) == (True, sshd.host_public_key)


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_revoked_key_is_refused_even_where_it_is_listed(
    sshd: PrivateSshd, tmp_path: Path, policy: HostKeyPolicy
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n@revoked * {sshd.host_public_key}\n")
    error = await _refused(_host(sshd, file, policy))
    assert error.known
    assert "revoked" in error.message


async def test_somebody_elses_revoked_key_changes_nothing(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"@revoked * {_another_key()}\n")
    assert not (await _refused(_host(sshd, file))).known
    await _accepted(_host(sshd, file, HostKeyPolicy.ACCEPT_NEW))


async def test_accept_new_stores_a_key_that_strict_then_accepts(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "made" / "known_hosts"
    await _accepted(_host(sshd, file, HostKeyPolicy.ACCEPT_NEW))
    assert file.read_text() == f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    await _accepted(_host(sshd, file, HostKeyPolicy.ACCEPT_NEW))
    assert len(file.read_text().splitlines()) == 1
    await _accepted(_host(sshd, file, HostKeyPolicy.STRICT))


@pytest.mark.parametrize("linked_to", [False, True])
@pytest.mark.parametrize(
    ("planted", "error"),
    [
        ("[127.0.0.1]:@PORT@ @OTHER@\n", HostKeyRejected),
        ("@revoked * @KEY@\n", HostKeyRevoked),
        ("# another file\n[127.0.0.1]:@PORT@ @KEY@\n", None),
        ("# another file\n", None),
    ],
)
async def test_a_file_that_is_replaced_between_the_look_and_the_storing_counts(
    sshd: PrivateSshd, tmp_path: Path, planted: str, error: type[Exception] | None, linked_to: bool
) -> None:
    """The KnownHostsCommand is run once the files were read; here it puts another one in the place of known_hosts."""
    file, other, config = tmp_path / "known_hosts", tmp_path / "other", tmp_path / "config"
    real = tmp_path / "real" if linked_to else file
    real.write_text("# the former file\n")
    if linked_to:
        file.symlink_to(real)
    words = {"@PORT@": str(sshd.port), "@OTHER@": _another_key(), "@KEY@": sshd.host_public_key}
    for word, value in words.items():
        planted = planted.replace(word, value)
    other.write_text(planted)
    config.write_text(f"KnownHostsCommand /bin/cp --remove-destination {other} {real}\n")
    settings = sshd.ssh_settings(known_hosts=file, host_key_policy=HostKeyPolicy.ACCEPT_NEW, config_file=str(config))
    host = host_of(sshd, settings)
    if error is None:
        await _accepted(host)
        line = f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n"
        assert real.read_text() == planted.replace(line, "") + line
    else:
        with pytest.raises(error) as caught:
            await open_link(host)
        assert type(caught.value) is error
        assert real.read_text() == planted
    assert file.is_symlink() == linked_to


async def test_the_key_that_was_on_file_goes_only_once_the_new_one_is_stored(tmp_path: Path) -> None:
    first, second = tmp_path / "known_hosts", tmp_path / "known_hosts2"
    _old(first).mkdir()  # where no former file can be kept, the first one cannot be written anew
    first.write_text(f"127.0.0.1 {_another_key()}\n")
    second.write_text(before := f"127.0.0.1 {_another_key()}\n")
    settings = SshSettings(user="u", port=22, known_hosts=(str(first), str(second)))
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)
    with pytest.raises(OSError, match="Is a directory"):
        HostKeyStore().trust_now(host, _another_key(), replace=True)
    assert second.read_text() == before


@pytest.mark.parametrize("how", ["link", "twice"])
def test_a_file_that_is_listed_by_two_names_keeps_the_key_that_is_trusted(tmp_path: Path, how: str) -> None:
    first, second = tmp_path / "known_hosts", tmp_path / ("known_hosts2" if how == "link" else "known_hosts")
    first.write_text(f"127.0.0.1 {_another_key()}\n")
    if how == "link":
        second.symlink_to(first.name)
    settings = SshSettings(user="u", port=22, known_hosts=(str(first), str(second)))
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)
    HostKeyStore().trust_now(host, key := _another_key(), replace=True)
    found = subprocess.run(["ssh-keygen", "-F", "127.0.0.1", "-f", first], capture_output=True, text=True, check=True)
    assert key in found.stdout


async def test_trust_makes_a_refused_key_known(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"other.example {_another_key()}")  # without an end of line
    store = HostKeyStore()
    driver = SshDriver(store)
    host = _host(sshd, file)
    error = await _refused(host, driver)
    assert store.trust_now(host, error.public_key) == file
    assert file.read_text().splitlines()[1:] == [f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}"]
    await _accepted(host, driver)


@pytest.mark.parametrize("replace", [False, True])
async def test_a_file_that_keeps_nothing(sshd: PrivateSshd, replace: bool) -> None:
    null = Path("/dev/null")
    await _accepted(_host(sshd, null, HostKeyPolicy.ACCEPT_NEW))
    host = _host(sshd, null)
    error = await _refused(host)
    with pytest.raises(ConfigError, match="/dev/null"):
        HostKeyStore().trust_now(host, error.public_key, replace=replace)
    assert _is_device(null)


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_file_that_cannot_be_read_is_named(sshd: PrivateSshd, tmp_path: Path, policy: HostKeyPolicy) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await open_link(_host(sshd, tmp_path, policy))
    assert caught.value.permanent
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize("text", ["", "hello", "ssh-ed25519 AAAA", "ssh-ed25519 AAAA\nevil ssh-rsa AAAA"])
async def test_trust_takes_public_keys_alone(sshd: PrivateSshd, tmp_path: Path, text: str) -> None:
    file = tmp_path / "known_hosts"
    with pytest.raises(ConfigError):
        HostKeyStore().trust_now(_host(sshd, file), text)
    assert not file.exists()


@pytest.mark.parametrize("hashed", [False, True])
async def test_a_changed_key_is_replaced_only_when_asked_to(sshd: PrivateSshd, tmp_path: Path, hashed: bool) -> None:
    file = tmp_path / "known_hosts"
    name = f"[127.0.0.1]:{sshd.port}"
    other = f"other.example {_another_key()}"
    file.write_text(f"# mine\n{name},alias.example {_another_key()}\n{other}\n{name} {_another_key()}\n")
    if hashed:
        _hash_names(file)
    file.chmod(0o640)
    before = file.read_text()
    store = HostKeyStore()
    driver = SshDriver(store)
    host = _host(sshd, file)

    error = await _refused(host, driver)
    store.trust_now(host, error.public_key)
    await _accepted(host, driver)  # two keys on file for one name: either is good, as with OpenSSH
    file.write_text(before)

    error = await _refused(host, driver)
    assert error.known
    store.trust_now(host, error.public_key, replace=True)
    await _accepted(host, driver)
    assert _old(file).read_text() == before
    assert file.stat().st_mode & 0o777 == 0o640, "who could read it still can: it may be /etc/ssh/ssh_known_hosts"
    assert _old(file).stat().st_mode & 0o777 == 0o600
    removed = tmp_path / "removed"
    removed.write_text(before)
    _remove(removed, name)
    assert file.read_text() == f"{removed.read_text()}{name} {sshd.host_public_key}\n"


async def test_a_hashed_name_is_recognised(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n")
    _hash_names(file)
    assert "127.0.0.1" not in file.read_text()
    await _accepted(_host(sshd, file))


async def test_a_key_filed_without_a_port_is_good_on_every_port(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"127.0.0.1 {sshd.host_public_key}\n")
    await _accepted(_host(sshd, file))
    file.write_text(f"127.0.0.1 {_another_key()}\n")
    assert not (await _refused(_host(sshd, file))).known  # that is the key of port 22


async def test_an_address_proves_nothing_about_a_name(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n")
    host = HostInfo("peer", LOCAL_NAME, uri=None, ssh=sshd.ssh_settings(known_hosts=file))
    assert not (await _refused(host)).known
    file.write_text(f"[{LOCAL_NAME}]:{sshd.port} {sshd.host_public_key}\n")
    await _accepted(host)


async def test_lines_that_cannot_be_read_take_nothing_from_the_others(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    good = f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}"
    file.write_bytes(f"word\n|1|broken ssh-rsa AAAA\n@what is this\n{good}\n".encode() + b"\xff\xfe\n")
    await _accepted(_host(sshd, file))


async def test_a_file_is_read_again_once_it_has_changed(sshd: PrivateSshd, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    driver = SshDriver()
    host = _host(sshd, file)
    await _refused(host, driver)
    file.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n")
    await _accepted(host, driver)
    file.unlink()
    await _refused(host, driver)


async def test_a_key_that_an_authority_has_signed(tmp_path: Path) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    certificate_file = tmp_path / "sshd" / "host_key-cert.pub"
    file = tmp_path / "known_hosts"
    line = authority.export_public_key().decode()
    with running_sshd(tmp_path / "sshd") as daemon:
        key = asyncssh.import_public_key(daemon.host_public_key)
        for names, good in ((["127.0.0.1"], True), (["other.example"], False)):
            signed = authority.generate_host_certificate(key, "host", principals=names)
            certificate_file.write_bytes(signed.export_certificate())
            daemon.options = (f"HostCertificate {certificate_file}",)
            daemon.restart()
            file.write_text(f"@cert-authority [127.0.0.1]:{daemon.port} {line}")
            if good:
                await _accepted(_host(daemon, file))
            else:
                await _refused(_host(daemon, file))
            # without the authority it is a plain key like any other
            file.write_text(f"[127.0.0.1]:{daemon.port} {daemon.host_public_key}\n")
            await _accepted(_host(daemon, file))
