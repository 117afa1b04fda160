"""Certificates of our own keys, in files and agents as people have them: OpenSSH's client says which of them log in."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.certificate_ends import CertificateEnds
from atp_tui.drivers.ssh.certificates import Term, parse_certificate, term_of
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.errors import AuthFailed, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_config_place import by_ssh
from .ssh_links import HANG, answers, open_link, until

pytestmark = pytest.mark.daemons


def keygen(*words: object) -> None:
    subprocess.run(["ssh-keygen", "-q", *map(str, words)], check=True, capture_output=True, timeout=HANG)


@dataclass
class Place:
    """An sshd that trusts an authority, and keys that it knows by their certificates alone.

    `key` is not locked, `locked` is; `good` and `bad` are certificates of the first, `bad` for another user.
    """

    daemon: PrivateSshd
    directory: Path
    agents: dict[str, Path]

    def sign(self, key: Path, to: Path, user: str | None = None, more: tuple[str, ...] = ()) -> None:
        scratch = self.directory / "scratch"
        scratch.mkdir(exist_ok=True)
        shutil.copy(f"{key}.pub", scratch / "k.pub")
        keygen("-s", self.directory / "ca", "-I", "test", "-n", user or self.daemon.user, *more, scratch / "k.pub")
        shutil.move(scratch / "k-cert.pub", to)

    def config(self, lines: str) -> Path:
        daemon = self.daemon
        words = {"DIR": str(self.directory)} | {f"{name.upper()}_AGENT": str(at) for name, at in self.agents.items()}
        for name, value in words.items():
            lines = lines.replace(f"@{name}@", value)
        file = self.directory / "config"
        file.write_text(
            f"Host box\n HostName 127.0.0.1\n Port {daemon.port}\n User {daemon.user}\n"
            f" UserKnownHostsFile {daemon.known_hosts}\n {lines}\n"
        )
        return file


@contextlib.contextmanager
def agent(socket: Path, key: Path) -> Iterator[Path]:
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as process:
        try:
            limit = time.monotonic() + HANG
            while not socket.exists():
                assert time.monotonic() < limit, "ssh-agent did not start"
                time.sleep(0.01)
            subprocess.run(
                ["ssh-add", "-q", key],
                check=True,
                env={"SSH_AUTH_SOCK": str(socket)},
                capture_output=True,
                timeout=HANG,
            )
            yield socket
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    at = tmp_path_factory.mktemp("certificates")
    with contextlib.ExitStack() as stack:
        keygen("-t", "ed25519", "-N", "", "-f", at / "ca")
        options = [f"TrustedUserCAKeys {at}/ca.pub"]
        daemon = stack.enter_context(running_sshd(at / "sshd", options=options))
        found = Place(daemon, at, {})
        for name in ("key", "locked"):
            keygen("-t", "ed25519", "-N", "", "-f", at / name)
        found.agents["plain"] = stack.enter_context(agent(at / "a1", at / "locked"))
        found.agents["client"] = stack.enter_context(agent(at / "a3", daemon.client_key))
        found.sign(at / "locked", at / "locked-cert.pub")
        found.agents["both"] = stack.enter_context(agent(at / "a2", at / "locked"))
        keygen("-p", "-P", "", "-N", "secret", "-f", at / "locked")
        found.sign(at / "key", at / "good")
        found.sign(at / "key", at / "bad", "nobody")
        found.sign(at / "key", at / "touched", None, ("-O", "verify-required"))
        found.sign(daemon.client_key, at / "client-bad", "nobody")
        for name, files in {"public": (".pub", "-cert.pub"), "lone": ("-cert.pub",), "pub": (".pub",)}.items():
            (at / name).mkdir()
            for suffix in files:
                shutil.copy(f"{at}/locked{suffix}", at / name / f"id{suffix}")
        (at / "expired").mkdir()
        for suffix in ("", ".pub"):
            shutil.copy(f"{at}/key{suffix}", at / "expired" / f"id{suffix}")
        shutil.copy(at / "bad", at / "expired" / "id-cert.pub")
        yield found


CASES = {
    "a locked key, its certificate beside it": "IdentityFile @DIR@/locked\n IdentityAgent @PLAIN_AGENT@",
    "the same and nothing else": "IdentityFile @DIR@/locked\n IdentitiesOnly yes\n IdentityAgent @PLAIN_AGENT@",
    "a locked key without an agent": "IdentityFile @DIR@/locked\n IdentityAgent none",
    "no private key": "IdentityFile @DIR@/public/id\n IdentityAgent @PLAIN_AGENT@",
    "no private key and nothing else": (
        "IdentityFile @DIR@/public/id\n IdentitiesOnly yes\n IdentityAgent @PLAIN_AGENT@"
    ),
    "the certificate alone": "IdentityFile @DIR@/lone/id\n IdentityAgent @PLAIN_AGENT@",
    "the certificate as the key": "IdentityFile @DIR@/lone/id-cert.pub\n IdentityAgent @PLAIN_AGENT@",
    "held by the agent": "IdentityFile none\n IdentityAgent @BOTH_AGENT@",
    "held by the agent, a public key named": (
        "IdentityFile @DIR@/pub/id.pub\n IdentitiesOnly yes\n IdentityAgent @BOTH_AGENT@"
    ),
    "held by the agent, the certificate named": (
        "IdentityFile @DIR@/lone/id-cert.pub\n IdentitiesOnly yes\n IdentityAgent @BOTH_AGENT@"
    ),
    "an agent's key and a CertificateFile": (
        "IdentityFile none\n CertificateFile @DIR@/locked-cert.pub\n IdentityAgent @PLAIN_AGENT@"
    ),
    "an agent's key that is good, a CertificateFile that is not": (
        "IdentityFile none\n CertificateFile @DIR@/client-bad\n IdentityAgent @CLIENT_AGENT@"
    ),
    "one that is not good beside the key, another named": (
        "IdentityFile @DIR@/expired/id\n CertificateFile @DIR@/good\n IdentityAgent none"
    ),
    "two named, the second good": (
        "IdentityFile @DIR@/key\n CertificateFile @DIR@/bad\n CertificateFile @DIR@/good\n IdentityAgent none"
    ),
    "one for security keys that ask for a PIN": (
        "IdentityFile @DIR@/key\n CertificateFile @DIR@/touched\n IdentityAgent none"
    ),
    "certificates alone accepted": (
        "IdentityFile none\n IdentityAgent @BOTH_AGENT@\n PubkeyAcceptedAlgorithms ssh-ed25519-cert-v01@openssh.com"
    ),
    "no certificate accepted": (
        "IdentityFile none\n IdentityAgent @BOTH_AGENT@\n PubkeyAcceptedAlgorithms ssh-ed25519"
    ),
    "certificates alone accepted, a plain key that is known": (
        "IdentityFile none\n IdentityAgent @CLIENT_AGENT@\n PubkeyAcceptedAlgorithms *-cert-v01@openssh.com"
    ),
    "certificates taken out": (
        "IdentityFile none\n IdentityAgent @CLIENT_AGENT@\n PubkeyAcceptedAlgorithms -*-cert-v01@openssh.com"
    ),
    "the key alone": "IdentityFile @DIR@/key\n IdentityAgent none",
}


def host(config: Path) -> HostInfo:
    return HostInfo("peer", "box", uri=None, ssh=SshSettings(config_file=str(config)))


@pytest.mark.parametrize("name", list(CASES))
async def test_what_logs_in_by_ssh_logs_in_here(place: Place, name: str) -> None:
    config = place.config(CASES[name])
    reached = await by_ssh(config)
    try:
        assert await answers(host(config)) == reached
    except TransportError as error:
        assert not reached, error.message


async def test_a_certificate_that_is_renewed_is_read_anew(place: Place, tmp_path: Path) -> None:
    for suffix in ("", ".pub"):
        shutil.copy(f"{place.directory}/key{suffix}", f"{tmp_path}/id{suffix}")
    place.sign(tmp_path / "id", tmp_path / "id-cert.pub", "nobody")
    driver = SshDriver()
    target = host(place.config(f"IdentityFile {tmp_path}/id\n IdentityAgent none"))
    async with asyncio.timeout(HANG):
        with pytest.raises(AuthFailed):
            await answers(target, driver)
        place.sign(tmp_path / "id", tmp_path / "id-cert.pub")
        assert await answers(target, driver)
    await driver.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("-V", "-2d:-1d"), "has expired: its last second was"),
        (("-V", "+1d:+2d"), "is not valid yet: its first second is"),
        (("-O", "critical:only@a.b=c"), "has no certificate that this program can read"),
    ],
    ids=["expired", "early", "condition"],
)
@pytest.mark.parametrize("named", ["", "apart", "."])
async def test_why_a_certificate_is_of_no_use_is_told(
    place: Place, more: tuple[str, ...], words: str, named: str, tmp_path: Path
) -> None:
    """The host refuses it without a word: `ssh -v` is where people would find that out."""
    for suffix in ("", ".pub"):
        shutil.copy(f"{place.directory}/key{suffix}", f"{tmp_path}/id{suffix}")
    certificate = tmp_path / (named or ".") / "id-cert.pub"
    certificate.parent.mkdir(exist_ok=True)
    place.sign(tmp_path / "id", certificate, None, more)
    line = f"\n CertificateFile {certificate}" if named else ""
    with pytest.raises(AuthFailed) as caught:
        await answers(host(place.config(f"IdentityFile {tmp_path}/id\n IdentityAgent none{line}")))
    assert f"{certificate}" in caught.value.message
    assert caught.value.message.count(words) == 1


async def test_the_end_of_a_certificate_is_told_once_before_it_comes(tmp_path: Path) -> None:
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "ca")
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "key")
    with running_sshd(tmp_path / "sshd", options=[f"TrustedUserCAKeys {tmp_path / 'ca.pub'}"]) as daemon:
        keygen("-s", tmp_path / "ca", "-I", "test", "-n", daemon.user, "-V", "-1d:+10m", tmp_path / "key.pub")
        told: list[tuple[str, str]] = []
        driver = SshDriver()
        noted: list[tuple[str, str]] = []
        driver.key_store.warn = lambda host, words: told.append((host, words))
        driver.key_store.note = lambda host, message: noted.append((host, str(message)))
        host = HostInfo("peer", "127.0.0.1", uri=None, ssh=daemon.ssh_settings(identity=tmp_path / "key"))
        for _ in range(2):
            assert await answers(host, driver)
        ((name, words),) = told
        assert (name, words.partition(" ends at ")[0]) == ("peer", f"{tmp_path / 'key-cert.pub'}")
        (await open_link(replace(host, id="other"), driver)).abort()
        assert noted == [("peer", words), ("other", words)]
        keygen("-s", tmp_path / "ca", "-I", "test", "-n", daemon.user, "-V", "-1d:+1d", tmp_path / "key.pub")
        assert await answers(host, driver)
        assert len(told) == 1


async def test_the_end_is_told_while_connections_stay_open_and_not_of_one_that_was_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.certificate_ends.LOOK_AGAIN", 0.02)
    slept = 0.0
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "ca")
    told: list[str] = []
    noted: list[str] = []
    ends = CertificateEnds(
        lambda host, words: told.append(host), lambda host, message: noted.append(host), lambda: time.time() + slept
    )

    def signed(key: str, span: str) -> Term:
        keygen("-s", tmp_path / "ca", "-I", "test", "-V", span, tmp_path / f"{key}.pub")
        file = tmp_path / f"{key}-cert.pub"
        term = term_of(parse_certificate(file), str(file), file)
        assert term is not None
        return term

    for key in ("stays", "renewed"):
        keygen("-t", "ed25519", "-N", "", "-f", tmp_path / key)
        term = signed(key, "-1h:+2h")  # it is told in the last quarter
        for host in ("a", "b"):
            ends.seen(host, [term])
    signed("renewed", "-1s:+1d")
    await asyncio.sleep(0.1)
    assert (told, noted) == ([], [])
    slept = 1.5 * 3600  # as a machine does: no timer has counted it
    await until(lambda: bool(told), "its end is not told")
    await until(lambda: str(tmp_path / "renewed-cert.pub") not in ends._watched, "it is not looked at again")
    assert (told, noted) == (["a"], ["a", "b"])
    ends.close()
