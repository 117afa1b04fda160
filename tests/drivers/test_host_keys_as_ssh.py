"""Which host keys are good: each row is tried with the real `ssh` and with our driver, against one sshd."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.hostkeys import HostKeyStore
from atp_tui.model.errors import ConfigError, ConnectFailed, HostKeyRejected, HostKeyRevoked, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings

from ..daemons.sshd import QUICK_KEYS, PrivateSshd, running_sshd
from .ssh_links import HANG, open_link

pytestmark = pytest.mark.daemons

OTHER_KEY, THIRD_KEY = (
    " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2]) for _ in range(2)
)
OTHER_KIND = " ".join(asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode().split()[:2])


AUTHORITY = asyncssh.generate_private_key("ssh-ed25519")


def _certified(key: str) -> str:
    """A certificate of a key, as a line without names."""
    made = AUTHORITY.generate_host_certificate(asyncssh.import_public_key(key), "host")
    return made.export_certificate().decode().strip()


def _forged(certificate: str) -> str:
    """The same with another signature."""
    kind, encoded = certificate.split()[:2]
    blob = base64.b64decode(encoded)
    return f"{kind} {base64.b64encode(blob[:-1] + bytes([blob[-1] ^ 1])).decode()}"


@dataclass(frozen=True, slots=True)
class Row:
    """One way to write files. @KEY@ is the host's key, @OTHER@ another, @NAME@ `[127.0.0.1]:port`, @DIR@ the place.

    `new` is what comes of a new key where new keys are taken, None: the same as where they are not.
    """

    what: str
    known: str
    good: bool
    new: bool | None = None
    config: str = ""
    files: tuple[tuple[str, str], ...] = ()
    words: str = ""
    ours_is_stricter: bool = field(default=False)


ROWS = [
    Row("the key", "@NAME@ @KEY@", True),
    Row("nothing", "", False, True, words="not known"),
    Row("another key", "@NAME@ @OTHER@", False, words="CHANGED"),
    Row("another kind of key", "@NAME@ @OTHER_KIND@", False, words="CHANGED"),
    Row("another key and the key", "@NAME@ @OTHER@\n@NAME@ @KEY@", True),
    Row("tabs", "@NAME@\t@OTHER@", False, words="CHANGED"),
    Row("blanks, a comment", "  @NAME@ \t @KEY@ \t root@box # x", True),
    Row("carriage returns", "@NAME@ @KEY@\r\nother @OTHER@\r", True),
    Row("the key of the name without its port", "127.0.0.1 @KEY@", True),
    Row("another key of the name without its port", "127.0.0.1 @OTHER@", False, True),
    Row("a pattern", "[127.0.0.*]:* @KEY@", True),
    Row("a pattern with another key", "[127.0.0.?]:* @OTHER@", False),
    Row("a pattern and its negation", "[127.*]:*,!@NAME@ @KEY@", False, True),
    Row("a negation alone", "!@NAME@ @KEY@", False, True),
    Row("revoked", "@NAME@ @KEY@\n@revoked * @KEY@", False, words="REVOKED"),
    Row("another one revoked", "@NAME@ @KEY@\n@revoked * @OTHER@", True),
    Row("revoked for another host", "@NAME@ @KEY@\n@revoked elsewhere @KEY@", True),
    Row("revoked, tabs alone", "@NAME@ @KEY@\n@revoked\t*\t@TABBED@", False, words="REVOKED"),
    # OpenSSH ends the mark at the first space of the line, and passes over a mark that it does not know then
    Row("revoked, a tab and blanks", "@NAME@ @KEY@\n@revoked\t* @KEY@", True, words="REVOKED", ours_is_stricter=True),
    Row("a mark that nobody knows", "@NAME@ @KEY@\n@gone * @KEY@", True),
    Row("a line that is no line", "@NAME@\n@NAME@ @KEY@", True),
    Row("a key that is no key", "@NAME@ ssh-ed25519 AAAA\n@NAME@ ssh-rsa AAAAB3NzaC1yc2EAAAA=", False, True),
    Row("a key with a sign too many", "@NAME@ @KEY@=", False, True),
    Row("another key behind a carriage return", "@NAME@ " + OTHER_KEY.replace(" ", " \r"), False, words="CHANGED"),
    Row("an authority has no say over a plain key", "@cert-authority * @KEY@", False, True),
    # HostKeyAlias
    Row("alias: the key", "box @KEY@", True, config="HostKeyAlias box"),
    Row("alias: another key", "box @OTHER@", False, config="HostKeyAlias box", words="CHANGED"),
    Row("alias: case", "box @OTHER@", False, config="HostKeyAlias BOX", words="CHANGED"),
    Row("alias: capitals beyond ASCII", "\u00c9x @OTHER@", False, config="HostKeyAlias \u00c9X", words="CHANGED"),
    Row("alias: not with the port", "[box]:@PORT@ @KEY@", False, True, config="HostKeyAlias box"),
    Row("alias: not the real name", "@NAME@ @KEY@", False, True, config="HostKeyAlias box"),
    # several files
    Row(
        "the second file", "", True, config="UserKnownHostsFile @DIR@/known @DIR@/two", files=(("two", "@NAME@ @KEY@"),)
    ),
    Row(
        "the global file revokes",
        "@NAME@ @KEY@",
        False,
        config="UserKnownHostsFile @DIR@/known\n GlobalKnownHostsFile @DIR@/two",
        files=(("two", "@revoked * @KEY@"),),
        words="REVOKED",
    ),
    Row("a directory first", "@NAME@ @KEY@", True, config="UserKnownHostsFile @DIR@ @DIR@/known"),
    Row("a missing one first", "@NAME@ @KEY@", True, config="UserKnownHostsFile @DIR@/none @DIR@/known"),
    # RevokedHostKeys
    *(
        Row(
            f"RevokedHostKeys {what}",
            "@NAME@ @KEY@",
            good,
            config="RevokedHostKeys @DIR@/revoked",
            files=(("revoked", text),) if text is not None else (),
            words=words,
        )
        for what, text, good, words in (
            ("has it", "# mine\n@KEY@ a comment\n", False, "REVOKED"),
            ("has another", "@OTHER@\n", True, ""),
            ("has its certificate", "@CERTIFIED@\n", False, "REVOKED"),
            ("has another's certificate", "@OTHER_CERTIFIED@\n", True, ""),
            ("has a certificate that nobody signed", "@FORGED@\n", False, "RevokedHostKeys"),
            ("is empty", "", True, ""),
            ("is missing", None, False, "RevokedHostKeys"),
            ("has a line that is no key", "@OTHER@\nword\n", False, "RevokedHostKeys"),
            ("has a carriage return alone", "@OTHER@\n\r\n", False, "RevokedHostKeys"),
            ("is no KRL", "SSHKRL\n\0abc", False, "RevokedHostKeys"),
        )
    ),
    # KnownHostsCommand
    Row("a command", "", True, config="UserKnownHostsFile /dev/null\n KnownHostsCommand /bin/echo %H @KEY@"),
    Row("a command, another key", "", False, config="KnownHostsCommand /bin/echo %H @OTHER@", words="CHANGED"),
    Row(
        "a command revokes",
        "@NAME@ @KEY@",
        False,
        config="KnownHostsCommand /bin/echo @revoked * @KEY@",
        words="REVOKED",
    ),
    Row("a command with a backslash", "", True, config=r"KnownHostsCommand /usr/bin/printf %H\040@SLASHED@\n"),
    Row("a command says nothing", "@NAME@ @KEY@", True, config="KnownHostsCommand /bin/true"),
    Row("a command fails", "@NAME@ @KEY@", False, config="KnownHostsCommand /bin/false", words="exit status 1"),
    Row(
        "a command of the key",
        "",
        True,
        config="KnownHostsCommand /bin/echo %H %t %K",
        words="before the key is seen",
        ours_is_stricter=True,
    ),
]


class Place:
    """An sshd, and a directory with an ssh_config of one row. `words`: more of them for the real `ssh`."""

    words: Sequence[str] = ()

    def __init__(self, sshd: PrivateSshd, directory: Path, words: Sequence[str] = ()) -> None:
        self.words = words
        self.sshd = sshd
        self.directory = directory
        self.known = directory / "known"
        self.config = directory / "config"

    def filled(self, text: str) -> str:
        found = {
            "@KEY@": self.sshd.host_public_key,
            "@TABBED@": self.sshd.host_public_key.replace(" ", "\t"),
            "@SLASHED@": self.sshd.host_public_key.replace(" ", r"\040"),
            "@OTHER@": OTHER_KEY,
            "@OTHER_KIND@": OTHER_KIND,
            "@CERTIFIED@": _certified(self.sshd.host_public_key),
            "@OTHER_CERTIFIED@": _certified(OTHER_KEY),
            "@FORGED@": _forged(_certified(self.sshd.host_public_key)),
            "@NAME@": f"[127.0.0.1]:{self.sshd.port}",
            "@PORT@": str(self.sshd.port),
            "@DIR@": str(self.directory),
        }
        for word, value in found.items():
            text = text.replace(word, value)
        return text

    def write(self, row: Row) -> None:
        self.known.write_bytes(self.filled(row.known).encode() + b"\n" * bool(row.known))
        for name, text in row.files:
            (self.directory / name).write_text(self.filled(text))
        self.config.write_text(
            f"Host box\n {self.filled(row.config)}\n HostName 127.0.0.1\n Port {self.sshd.port}\n"
            f" User {self.sshd.user}\n"
            f" IdentityFile {self.sshd.client_key}\n UserKnownHostsFile {self.known}\n GlobalKnownHostsFile /dev/null\n"
        )

    async def ssh(self, policy: HostKeyPolicy) -> bool:
        """Whether OpenSSH goes on. What it may have stored is taken back."""
        checking = "accept-new" if policy is HostKeyPolicy.ACCEPT_NEW else "yes"
        options = ["-o", f"StrictHostKeyChecking={checking}", "-o", "BatchMode=yes", "-o", "IdentityAgent=none"]
        words = ["ssh", "-F", str(self.config), *options, *self.words, "box", "true"]
        process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        async with asyncio.timeout(HANG):
            await process.communicate()
        return process.returncode == 0

    def host(self, policy: HostKeyPolicy = HostKeyPolicy.STRICT) -> HostInfo:
        return HostInfo("peer", "box", uri=None, ssh=SshSettings(config_file=str(self.config), host_key_policy=policy))

    async def ours(self, policy: HostKeyPolicy, driver: SshDriver | None = None) -> TransportError | None:
        """Why we refuse; None: we go on."""
        try:
            link = await open_link(self.host(policy), driver)
        except TransportError as error:
            return error
        link.abort()
        return None


@pytest.fixture
def place(sshd: PrivateSshd, tmp_path: Path) -> Place:
    return Place(sshd, tmp_path, QUICK_KEYS)


@pytest.mark.parametrize("policy", [HostKeyPolicy.STRICT, HostKeyPolicy.ACCEPT_NEW])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
async def test_what_ssh_refuses_is_refused_and_what_it_takes_is_taken(
    place: Place, row: Row, policy: HostKeyPolicy
) -> None:
    good = row.good if policy is HostKeyPolicy.STRICT or row.new is None else row.new
    place.write(row)
    before = place.known.read_bytes()
    refused = await place.ours(policy)
    if refused is not None:
        assert place.known.read_bytes() == before, "a key that was refused is not stored"
        assert row.words in refused.message
        assert not isinstance(refused, HostKeyRevoked) or not refused.public_key
    place.known.write_bytes(before)
    assert await place.ssh(policy) == good, "the table itself is wrong"
    assert (refused is None) == (good and not row.ours_is_stricter)


CERTIFICATES: list[tuple[str, list[str], int, str, bool | None]] = [
    # (what, names, valid for hours, lines of known_hosts, good); @CA@ is the authority that signed
    # good None: versions of OpenSSH differ, and we refuse
    ("its authority", ["127.0.0.1"], 1, "@cert-authority * @CA@", True),
    ("its authority, under the port", ["127.0.0.1"], 1, "@cert-authority [127.*]:* @CA@", True),
    ("its authority, without the port", ["127.0.0.1"], 1, "@cert-authority 127.0.0.1 @CA@", True),
    (
        "its authority without the port, another one with it",
        ["127.0.0.1"],
        1,
        "@cert-authority [127.*]:* @OTHER@\n@cert-authority 127.0.0.1 @CA@",
        True,
    ),
    (
        "its authority without the port, another key with it",
        ["127.0.0.1"],
        1,
        "@NAME@ @OTHER@\n@cert-authority 127.0.0.1 @CA@",
        True,
    ),
    (
        "its authority without the port, the key with it",
        ["127.0.0.1"],
        1,
        "@NAME@ @KEY@\n@cert-authority 127.0.0.1 @CA@",
        True,
    ),
    ("another authority, no key", ["127.0.0.1"], 1, "@cert-authority * @OTHER@", False),
    ("another authority, the key", ["127.0.0.1"], 1, "@cert-authority * @OTHER@\n@NAME@ @KEY@", True),
    ("another authority, another key", ["127.0.0.1"], 1, "@cert-authority * @OTHER@\n@NAME@ @OTHER@", False),
    ("another name", ["elsewhere"], 1, "@cert-authority * @CA@", False),
    ("another name, the key", ["elsewhere"], 1, "@cert-authority * @CA@\n@NAME@ @KEY@", True),
    # a later OpenSSH takes the first and refuses the second, 9.2 does the contrary
    ("a pattern of names", ["127.0.0.*"], 1, "@cert-authority * @CA@", None),
    ("no name", [], 1, "@cert-authority * @CA@", None),
    ("expired", ["127.0.0.1"], -1, "@cert-authority * @CA@", False),
    ("expired, the key", ["127.0.0.1"], -1, "@cert-authority * @CA@\n@NAME@ @KEY@", True),
    ("its authority revoked", ["127.0.0.1"], 1, "@cert-authority * @CA@\n@revoked * @CA@\n@NAME@ @KEY@", False),
    ("its key revoked", ["127.0.0.1"], 1, "@cert-authority * @CA@\n@revoked * @KEY@", False),
    ("no authority, the key", ["127.0.0.1"], 1, "@NAME@ @KEY@", True),
    ("the authority's own line is a plain one", ["127.0.0.1"], 1, "@NAME@ @CA@", False),
]
VERBATIM = "HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519"


@dataclass(slots=True)
class Certified:
    daemon: PrivateSshd
    authority: asyncssh.SSHKey
    shown: tuple[list[str], int, bytes] | None = None
    """The certificate that the daemon shows, and what is in it."""

    def sign(self, names: list[str], hours: int) -> None:
        path = self.daemon.directory / "host_key-cert.pub"
        if self.shown is not None and self.shown == (names, hours, path.read_bytes()):
            return  # most rows want the same: the daemon need not start anew
        key = asyncssh.import_public_key(self.daemon.host_public_key)
        end = f"{hours}h" if hours > 0 else "-1h"
        signed = self.authority.generate_host_certificate(
            key, "host", principals=names, valid_after="-3d", valid_before=end
        )
        self.shown = names, hours, signed.export_certificate()
        path.write_bytes(self.shown[2])
        self.daemon.restart()


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    directory = tmp_path_factory.mktemp("certified")
    with running_sshd(directory) as daemon:
        daemon.options = (f"HostCertificate {directory / 'host_key-cert.pub'}",)
        yield Certified(daemon, asyncssh.generate_private_key("ssh-ed25519"))


@pytest.mark.parametrize("config", ["", VERBATIM], ids=["", "HostKeyAlgorithms"])
@pytest.mark.parametrize(
    ("what", "names", "hours", "known", "good"), CERTIFICATES, ids=[row[0] for row in CERTIFICATES]
)
async def test_a_certificate_proves_what_it_proves_to_ssh(
    certified: Certified,
    tmp_path: Path,
    what: str,
    names: list[str],
    hours: int,
    known: str,
    good: bool | None,
    config: str,
) -> None:
    certified.sign(names, hours)
    place = Place(certified.daemon, tmp_path, QUICK_KEYS)
    authority = " ".join(certified.authority.export_public_key().decode().split()[:2])
    place.write(Row(what, known.replace("@CA@", authority), bool(good), config=config))
    refused = await place.ours(HostKeyPolicy.STRICT)
    assert good is None or await place.ssh(HostKeyPolicy.STRICT) == good, "the table itself is wrong"
    assert (refused is None) == bool(good)


async def test_where_certificates_alone_are_wanted_no_plain_key_is_taken(certified: Certified, tmp_path: Path) -> None:
    certified.sign(["elsewhere"], 1)
    place = Place(certified.daemon, tmp_path, QUICK_KEYS)
    place.write(Row("", "@NAME@ @KEY@", False, config="HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com"))
    refused = await place.ours(HostKeyPolicy.ACCEPT_NEW)  # OpenSSH 9.2 takes it, later versions refuse it
    assert isinstance(refused, ConnectFailed)
    assert "authority of its certificate is not known" in refused.message


@pytest.mark.parametrize("known", ["@cert-authority @NAME@ @CA@\n@NAME@ @KEY@", "@cert-authority @NAME@ @CA@"])
async def test_a_certificate_with_a_condition_leaves_the_plain_key(
    certified: Certified, tmp_path: Path, known: str
) -> None:
    directory = certified.daemon.directory
    authority = tmp_path / "authority"
    authority.write_bytes(certified.authority.export_private_key())
    authority.chmod(0o600)
    words = ["-q", "-s", str(authority), "-h", "-I", "id", "-n", "127.0.0.1", "-O", "critical:only@a.b=c"]
    signed = await asyncio.create_subprocess_exec("ssh-keygen", *words, directory / "host_key.pub")
    assert await signed.wait() == 0
    certified.daemon.restart()
    place = Place(certified.daemon, tmp_path, QUICK_KEYS)
    public = " ".join(certified.authority.export_public_key().decode().split()[:2])
    place.write(Row("", known.replace("@CA@", public), True))
    refused = await place.ours(HostKeyPolicy.STRICT)
    assert await place.ssh(HostKeyPolicy.STRICT) == (refused is None) == ("@KEY@" in known)


async def test_a_krl_is_read(place: Place) -> None:
    for text, good in (("@KEY@", False), (OTHER_KEY, True)):
        spec = place.directory / "spec"
        spec.write_text(f"key: {place.filled(text)}\n")
        krl = place.directory / "krl"
        krl.unlink(missing_ok=True)
        made = await asyncio.create_subprocess_exec("ssh-keygen", "-q", "-k", "-f", krl, spec)
        assert await made.wait() == 0
        place.write(Row("krl", "@NAME@ @KEY@", good, config="RevokedHostKeys @DIR@/krl"))
        refused = await place.ours(HostKeyPolicy.STRICT)
        assert await place.ssh(HostKeyPolicy.STRICT) == good
        assert (refused is None) == good
        assert good or isinstance(refused, HostKeyRevoked)


async def test_a_key_that_cannot_be_stored_is_taken_and_that_is_told(place: Place) -> None:
    place.write(Row("unwritable", "", True))
    place.known.unlink()
    (place.directory / "file").touch()
    config = place.config.read_text().replace(str(place.known), f"{place.directory}/file/known")
    place.config.write_text(config)
    driver, told = SshDriver(), list[tuple[str, str]]()
    driver.key_store.warn = lambda host, words: told.append((host, words))
    assert await place.ssh(HostKeyPolicy.ACCEPT_NEW)
    assert await place.ours(HostKeyPolicy.ACCEPT_NEW, driver) is None
    ((host, words),) = told
    assert host == "peer"
    assert f"{place.directory}/file/known" in words
    assert "not stored" in words


async def test_an_unknown_key_says_which_setting_counts(place: Place) -> None:
    place.write(Row("off", "", False, config="StrictHostKeyChecking no\n UserKnownHostsFile /dev/null"))
    refused = await place.ours(HostKeyPolicy.STRICT)
    assert isinstance(refused, HostKeyRejected)
    assert "host_key_policy in hosts.toml" in refused.message
    assert "StrictHostKeyChecking no is not read here" in refused.message


async def test_trusting_a_changed_key_leaves_no_other_standing(place: Place) -> None:
    place.write(
        Row(
            "changed",
            "@NAME@\t@OTHER@\n[127.*]:* @OTHER_KIND@\nother @OTHER@",
            False,
            config="UserKnownHostsFile @DIR@/known @DIR@/two",
            files=(("two", "# two\n@NAME@ @OTHER@\n"),),
        )
    )
    store = HostKeyStore()
    driver = SshDriver(store)
    refused = await place.ours(HostKeyPolicy.STRICT, driver)
    assert isinstance(refused, HostKeyRejected)
    store.trust_now(place.host(), refused.public_key, replace=True)
    assert await place.ours(HostKeyPolicy.STRICT, driver) is None
    assert place.known.read_text() == place.filled(f"other {OTHER_KEY}\n@NAME@ @KEY@\n")
    assert (place.directory / "two").read_text() == "# two\n"
    assert (place.directory / "two.old").read_text() == place.filled("# two\n@NAME@ @OTHER@\n")


@pytest.mark.parametrize("whose", ["the system's", "another user's"])
async def test_trusting_a_changed_key_leaves_files_alone_that_others_answer_for(
    place: Place, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write(Row("changed", "@NAME@ @OTHER@", False, config="UserKnownHostsFile @DIR@/known @DIR@/etc/two"))
    two = place.directory / "etc/two"
    two.parent.mkdir()
    two.write_text(place.filled("@NAME@ @OTHER@\n"))
    if whose == "the system's":
        monkeypatch.setattr("atp_tui.drivers.ssh.hostkeys._SYSTEM", two.parent)
    elif os.geteuid() == 0:
        os.chown(two, 54321, -1)
    else:
        pytest.skip("another user is needed")
    store = HostKeyStore()
    refused = await place.ours(HostKeyPolicy.STRICT, SshDriver(store))
    assert isinstance(refused, HostKeyRejected)
    store.trust_now(place.host(), refused.public_key, replace=True)
    assert place.known.read_text() == place.filled("@NAME@ @KEY@\n")
    assert two.read_text() == place.filled("@NAME@ @OTHER@\n")


async def test_a_revoked_key_is_never_stored(place: Place) -> None:
    place.write(Row("revoked", "@revoked * @KEY@", False))
    store = HostKeyStore()
    with pytest.raises(ConfigError, match="@revoked"):
        store.trust_now(place.host(), place.sshd.host_public_key)
    assert place.known.read_text() == place.filled("@revoked * @KEY@\n")


@pytest.mark.parametrize("name", ["*", "a,b", "|1|x"])
async def test_a_name_that_would_mean_other_hosts_is_never_stored(place: Place, name: str) -> None:
    place.write(Row("odd", "", False, config=f"HostKeyAlias {name}"))
    refused = await place.ours(HostKeyPolicy.ACCEPT_NEW)
    assert isinstance(refused, HostKeyRejected)
    assert not refused.public_key
    with pytest.raises(ConfigError, match="begin with"):
        HostKeyStore().trust_now(place.host(), place.sshd.host_public_key)
    assert place.known.read_text() == ""


async def test_a_file_that_cannot_be_read_may_have_another_key(place: Place) -> None:
    place.write(Row("unreadable", "", False, config="UserKnownHostsFile @DIR@/known @DIR@"))
    refused = await place.ours(HostKeyPolicy.ACCEPT_NEW)
    assert isinstance(refused, ConnectFailed)
    assert str(place.directory) in refused.message
    assert place.known.read_text() == ""


async def test_a_command_that_hangs_ends_with_the_attempt(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.host_key_command.LIMIT", 0.2)
    place.write(Row("hangs", "", False, config="KnownHostsCommand /bin/sleep 3600.25"))
    refused = await place.ours(HostKeyPolicy.STRICT)
    assert isinstance(refused, ConnectFailed)
    assert "has not ended within" in refused.message
