"""Real logins by odd ssh_config files: what `ssh -F FILE box echo ok` reaches is reached here too, and no more."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.options import _chosen
from atp_tui.model.errors import ConnectFailed, HostKeyRejected, TransportError

from ..daemons.mounts import own_mounts
from .ssh_config_place import FILES, Place, both, box, by_ssh, driver
from .ssh_links import answers, fails

pytestmark = pytest.mark.daemons

PYTHON = os.path.realpath(sys.executable)
REACHED = ("01", "02", "03", "04", "05", "06", "08", "09", "10", "11", "14", "16", "18", "19")


@both
@pytest.mark.parametrize("name", REACHED)
async def test_a_file_that_leads_there(place: Place, name: str, client: str) -> None:
    file = place.case(name)
    if name != "18":  # port 22 is nobody's business here: the first Port counts
        assert await by_ssh(file)
    assert await answers(box(file), driver(client))


MORE = {
    "a public key alone names nothing": "IdentityFile @KEY@.pub\n IdentitiesOnly yes",
    "a key by its quoted name": 'IdentityFile "@KEY@"',
    "no key": "IdentityFile none\n IdentitiesOnly yes",
    "public keys turned off": "IdentityFile @KEY@\n PubkeyAuthentication no",
    "other methods alone": "IdentityFile @KEY@\n PreferredAuthentications password",
    "a cipher that both know": "IdentityFile @KEY@\n Ciphers no-such,aes256-ctr",
    "ciphers added": "IdentityFile @KEY@\n Ciphers +aes128-ctr",
    "a certificate that is not there": "IdentityFile @KEY@\n CertificateFile /nowhere/cert.pub",
    "an address to start from": "IdentityFile @KEY@\n BindAddress 127.0.0.1",
    "an interface to start from": "IdentityFile @KEY@\n BindInterface lo",
    "the other family": "IdentityFile @KEY@\n AddressFamily inet6",
    "a command of its own": "IdentityFile @KEY@\n RequestTTY force\n LocalForward 127.0.0.1:1 127.0.0.1:2",
    "a key of another type wanted": "IdentityFile @KEY@\n PubkeyAcceptedAlgorithms rsa-sha2-512",
    "compression": "IdentityFile @KEY@\n Compression yes",
    "a limit for the keys": "IdentityFile @KEY@\n RekeyLimit 1M 1h",
    "a broken line": "IdentityFile @KEY@\n Frobnicate yes",
    "through itself": "IdentityFile @KEY@\n ProxyCommand @RELAY@ %h %p",
}


@pytest.mark.parametrize("name", list(MORE))
async def test_as_ssh_does(place: Place, name: str) -> None:
    file = place.written(
        f"Host box\n HostName @HOST@\n Port @PORT@\n User @USER@\n UserKnownHostsFile @KNOWN@\n {MORE[name]}\n"
    )
    reached = await by_ssh(file)
    try:
        assert await answers(box(file)) == reached
    except TransportError as error:
        assert not reached, error.message


@both
async def test_includes_in_a_circle(place: Place, client: str) -> None:
    (place.directory / "parts").mkdir(exist_ok=True)
    for part in "abc":
        text = (
            (FILES / "07_parts_a").read_text().replace("@DIR@", str(place.directory)).replace("Host a", f"Host {part}")
        )
        (place.directory / "parts" / part).write_text(text)
    error = await fails(box(place.case("07")), driver(client))
    assert f"{place.directory}/parts/a line 1: {place.directory}/parts/a is included too deep" in error.message


@both
async def test_no_host_key_algorithm_in_common(place: Place, client: str) -> None:
    error = await fails(box(place.case("15")), driver(client))
    assert isinstance(error, ConnectFailed)
    assert not await by_ssh(place.case("15"))


def test_algorithms_of_which_none_is_known() -> None:
    assert _chosen("MACs", "new,sha2,old*", ["old1", "sha2", "old2"], []) == ["sha2", "old1", "old2"]
    assert _chosen("MACs", "^new,b", ["a", "b"], ["a"]) == ["b", "a"]
    with pytest.raises(
        ConnectFailed, match="ssh_config's MACs new names nothing that this program knows; it knows a,b"
    ):
        _chosen("MACs", "new", ["a", "b"], [])


@both
async def test_strict_host_key_checking_no_leaves_no_key_unchecked(place: Place, client: str) -> None:
    error = await fails(box(place.case("17")), driver(client))
    assert isinstance(error, HostKeyRejected)
    assert "StrictHostKeyChecking no is not read here: host_key_policy in hosts.toml" in error.message


async def test_what_cannot_be_loaded_is_said(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    assert await answers(box(place.case("11")))
    assert "PKCS11Provider /usr/lib/no-such-pkcs11.so is not loaded here" in caplog.text


async def test_that_addresses_are_not_looked_up_is_said(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    file = place.written(
        "Host box\n HostName @HOST@\n Port @PORT@\n User @USER@\n UserKnownHostsFile @KNOWN@\n IdentityFile @KEY@\n"
        " CheckHostIP yes\n"
    )
    assert await answers(box(file))
    assert caplog.text.count("CheckHostIP is not read here: keys are filed under the host's name alone") == 1


def lock(key: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", key], check=True, capture_output=True)


async def test_a_key_with_a_passphrase_is_named_by_ssh_config(place: Place, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    shutil.copy(place.daemon.client_key, locked)
    lock(locked)
    file = place.written(
        f"Host box\n HostName @HOST@\n Port @PORT@\n User @USER@\n UserKnownHostsFile @KNOWN@\n IdentityFile {locked}\n"
    )
    error = await fails(box(file))
    assert f"{locked} needs a passphrase" in error.message


NAMELESS = """\
import asyncio, sys
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest

async def main(user, port, key, known):
    settings = SshSettings(user=user, port=int(port), identity_files=(key,), known_hosts=(known,))
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)
    driver = SshDriver()
    link = await driver.open(OpenRequest(host, TransportConfig(connect_timeout=20), print))
    link.abort()
    await driver.close()
    print("reached")

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be somebody else")
@pytest.mark.parametrize("user", [True, False])
async def test_a_user_id_without_a_name(place: Place, user: bool) -> None:
    daemon = place.daemon
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(daemon.client_key, directory / "key")
        shutil.copy(daemon.known_hosts, directory / "known")
        for path in (directory, directory / "key", directory / "known"):
            os.chown(path, 54321, 54321)
        program = NAMELESS if user else NAMELESS.replace("user=user, ", "")
        arguments = [daemon.user, str(daemon.port), str(directory / "key"), str(directory / "known")]
        paths = ":".join(path for path in (str(Path(__file__).parents[2]), *sys.path) if path)
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--reuid=54321", "--clear-groups", PYTHON, "-c", program, *arguments,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"HOME": name, "PATH": os.environ["PATH"], "PYTHONPATH": paths},
        )  # fmt: skip
        said = (await process.communicate())[0].decode()
    assert ("reached\n" if user else "this user id has no name: say which user to log in as") in said


def test_a_key_with_a_passphrase_can_be_read(place: Place, tmp_path: Path) -> None:
    shutil.copy(place.daemon.client_key, tmp_path / "locked")
    lock(tmp_path / "locked")
    key = asyncssh.read_private_key(tmp_path / "locked", "secret")
    assert key.public_data == asyncssh.read_private_key(place.daemon.client_key).public_data


IN_A_NAMESPACE = """\
    import asyncio
    from atp_tui.drivers.ssh.reading import PathReader
    from atp_tui.model.host import HostInfo
    from atp_tui.model.settings import SshSettings
    path = asyncio.run(PathReader().path_to(HostInfo("peer", "box", uri=None, ssh=SshSettings())))
    print(path[0].name, path[0].user, path[0].session.send_env)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_the_systems_file_alone(tmp_path: Path) -> None:
    system = tmp_path / "ssh_config"
    system.write_text("Host box\n HostName 192.0.2.9\n User sam\nHost *\n SendEnv LANG LC_*\n")
    home = Path(f"~{os.environ.get('USER', 'root')}").expanduser()
    mounts = own_mounts(f"mount --bind {system} /etc/ssh/ssh_config && mount -t tmpfs tmpfs {home}")
    paths = ":".join(path for path in (str(Path(__file__).parents[2]), *sys.path) if path)
    said = subprocess.run(
        [*mounts, PYTHON, "-c", textwrap.dedent(IN_A_NAMESPACE)], capture_output=True, text=True, check=False,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": paths},
    )  # fmt: skip
    assert said.stdout == "192.0.2.9 sam ('LANG', 'LC_*')\n", said.stderr
