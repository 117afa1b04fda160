"""The demo's SSH server as a real SSH client meets it, and that nothing typed there reaches this machine."""

from __future__ import annotations

import ast
import asyncio
import re
import socket
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers import simulated
from atp_tui.drivers.simulated.driver import SimulatedDriver
from atp_tui.drivers.simulated.fleet import demo_fleet
from atp_tui.drivers.simulated.shell import DemoShell, ShellAccess
from atp_tui.model.host import HostInfo

from .ssh_links import until

SOURCES = sorted(Path(simulated.__file__).parent.glob("shell*.py"))


@asynccontextmanager
async def running(*hosts: HostInfo) -> AsyncIterator[DemoShell]:
    async with DemoShell(SimulatedDriver(seed=1)) as shell:
        shell.admit(hosts or demo_fleet(12, faults=False, seed=1, ssh=shell.access.settings))
        yield shell


@pytest.fixture
async def shell() -> AsyncIterator[DemoShell]:
    async with running() as started:
        yield started


async def connect(access: ShellAccess, host: str = "kvm01", key: Path | None = None) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1",
        access.port,
        username=host,
        client_keys=[str(key or access.identity_file)],
        known_hosts=str(access.known_hosts),
        config=None,
        agent_path=None,
        login_timeout=20,
    )


async def running_commands(shell: DemoShell, wanted: int) -> None:
    async with asyncio.timeout(30):
        while shell.running_commands != wanted:  # noqa: ASYNC110 - the server has nothing to tell it by
            await asyncio.sleep(0.01)


async def ask(shell: DemoShell, line: str, host: str = "kvm01") -> tuple[int | None, str, str]:
    async with await connect(shell.access, host) as connection:
        done = await connection.run(line, stdin=asyncssh.DEVNULL)
    return done.exit_status, str(done.stdout), str(done.stderr)


async def test_each_host_answers_by_its_own_name(shell: DemoShell) -> None:
    assert await ask(shell, "hostname", "kvm01") == (0, "kvm01\n", "")
    assert await ask(shell, "hostname", "kvm02") == (0, "kvm02\n", "")
    assert await ask(shell, "hostname", "libvirt-test") == (0, "libvirt-test\n", "")


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("uname", r"Linux\n"),
        ("uname -r", r"6\.\d+\.\d+.*-amd64\n"),
        ("uname -sn", r"Linux kvm01\n"),
        ("uname -a", r"Linux kvm01 6\.\S+ #1 SMP .* x86_64 GNU/Linux\n"),
        ("uptime", r" \d\d:\d\d:\d\d up \d+ days, .* load average: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d\n"),
        ("df", r"Filesystem +1K-blocks .*\n(/dev|tmpfs)[^\n]+\n(.|\n)*"),
        ("df -h", r"Filesystem +Size .*\n(.|\n)*/var/lib/libvirt/images\n"),
        ("free -m", r" +total .*\nMem: +\d+ +\d+(.|\n)*Swap: .*\n"),
        ("free -h", r" +total .*\nMem: +\d+G(.|\n)*"),
        ("cat /etc/os-release", r"(.|\n)*ID=debian\n(.|\n)*"),
        ("cat /proc/loadavg", r"\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+/\d+ \d+\n"),
        ("echo 'two  words' and \"more\" a\\;b", r"two  words and more a;b\n"),
        ("echo -n x", "x"),
        ("true", ""),
        ("whoami", r"root\n"),
        ("id", r"uid=0.*\n"),
        ("date", r"\w{3} \w{3} [ \d]\d .* UTC \d{4}\n"),
        ("date +%s", r"\d{9,}\n"),
        ("nproc", r"\d+\n"),
        ("pwd", r"/root\n"),
        ("ls", r"backup.sh\niso\nsnapshots\n"),
        ("virsh list --all", r" Id +Name +State\n-+\n(.|\n)*"),
        ("virsh list --name | head -n 1", r"\S+\n"),
        ("virsh list --all --name | wc -l", r"\d+\n"),
        ("cat /etc/os-release | grep -i PRETTY | grep -v zebra", r'PRETTY_NAME="Debian .*"\n'),
        ("ls | sort -r | uniq -c | tail -1", r" +1 backup.sh\n"),
        ("true && echo a || echo b; echo c", r"a\nc\n"),
        ("false || echo b", r"b\n"),
        ("help", r"(.|\n)*uname(.|\n)*"),
    ],
)
async def test_what_it_knows(shell: DemoShell, line: str, pattern: str) -> None:
    status, stdout, stderr = await ask(shell, line)
    assert (status, stderr) == (0, "")
    assert re.fullmatch(pattern, stdout), stdout


@pytest.mark.parametrize(
    ("line", "status", "stderr"),
    [
        ("false", 1, ""),
        ("exit 3; echo never", 3, ""),
        ("frobnicate -x", 127, "sh: frobnicate: command not found\n"),
        ("cat /etc/shadow", 1, "cat: /etc/shadow: No such file or directory\n"),
        ("cat ../../etc/hostname", 1, "cat: ../../etc/hostname: No such file or directory\n"),
        ("sleep forever", 1, "sleep: give it a number of seconds\n"),
        ("uname --help", 2, "uname: '--help' is not known in the demo\n"),
        ("echo a | grep b", 1, ""),
    ],
)
async def test_what_ends_badly(shell: DemoShell, line: str, status: int, stderr: str) -> None:
    assert await ask(shell, line) == (status, "", stderr)


async def test_a_fleet_s_kernels_fold_into_two_groups(shell: DemoShell) -> None:
    kernels = {(await ask(shell, "uname -r", f"kvm{number:02}"))[1] for number in range(1, 13)}
    assert len(kernels) == 2


async def test_the_shell_shows_the_domains_that_the_screen_shows() -> None:
    driver = SimulatedDriver(seed=1)
    info = HostInfo("kvm07", "127.0.0.1", "sim://kvm07/?seed=4&domains=6")
    async with DemoShell(driver) as shell:
        shell.admit([info])
        _, stdout, _ = await ask(shell, "virsh list --all --name", "kvm07")
    assert stdout.split() == [domain.name for domain in driver.host(info).node.domains]


_WAYS_OUT = re.compile(
    "create_subprocess|subprocess_|system|popen|spawn|exec|fork|to_thread|run_in_executor|import_module|createfile"
)

HOSTILE = [
    "; touch {}",
    "echo x; touch {}",
    "echo `touch {}`",
    "echo $(touch {})",
    'echo "$(touch {})"',
    "echo x > {}",
    "echo x >> {}",
    "tee {}",
    "echo x | tee {}",
    "echo x | sh -c 'touch {}'",
    "sh -c 'touch {}'",
    "touch {} &",
    "true && touch {}",
    "(touch {})",
    "{{ touch {}; }}",
    "X=1 touch {}",
    'python3 -c \'open("{}", "w")\'',
    "uname -r\ntouch {}",
    "cat <(touch {})",
    "exec touch {}",
    "eval 'touch {}'",
    "cat {}",
    "sort -o {}",
    "date -f {}",
    "virsh -c test:///default list; touch {}",
    "echo '\x1b]0;x\x07' > {}",
    "cat /proc/self/environ",
    "cat /etc/passwd",
    "echo " + "x" * 100_000,
    "'",
    "\\",
    "|",
    "a |",
    "&&",
    "\x00touch {}",
    "🦙 {}",
]


@pytest.mark.parametrize("line", HOSTILE)
async def test_nothing_hostile_reaches_this_machine(shell: DemoShell, line: str, tmp_path: Path) -> None:
    bait = tmp_path / "bait"
    status, stdout, _ = await ask(shell, line.replace("{}", str(bait)).replace("{{", "{").replace("}}", "}"))
    assert not bait.exists()
    assert status not in (None, 0)
    assert "root:" not in stdout
    assert "PATH=" not in stdout


def test_its_source_has_no_way_to_this_machine() -> None:
    assert len(SOURCES) >= 6
    allowed = {
        "__future__", "asyncio", "asyncssh", "collections.abc", "contextlib", "dataclasses", "math", "os", "pathlib",
        "random", "re", "shlex", "time", "types", "typing",
    }  # fmt: skip
    for source in SOURCES:
        tree = ast.parse(source.read_text())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imports |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) if not node.level}
        assert imports <= allowed, source
        assert not names & {"open", "exec", "eval", "compile", "__import__", "getattr", "globals", "breakpoint"}, source
        assert not {name for name in attributes if _WAYS_OUT.match(name)}, source
        if source.stem != "shell":  # the server writes its own two key files, and uses os.devnull
            assert not imports & {"os", "pathlib", "contextlib"}, source
            assert not attributes & {"open", "write_bytes", "write_text", "read_text", "read_bytes"}, source
    uses_of_os = {
        node.attr
        for node in ast.walk(ast.parse((SOURCES[0].parent / "shell.py").read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert uses_of_os == {"devnull"}


async def test_only_its_own_key_and_its_own_hosts_get_in(shell: DemoShell, tmp_path: Path) -> None:
    other = tmp_path / "other"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(other)
    for host, key in (("kvm01", other), ("nobody", None), ("root", None)):
        with pytest.raises(asyncssh.PermissionDenied):
            await connect(shell.access, host, key)


async def test_it_lends_no_other_way_in(shell: DemoShell) -> None:
    async with await connect(shell.access) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", shell.access.port)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_unix_connection("/run/libvirt/libvirt-sock")
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1)
        with pytest.raises((asyncssh.Error, asyncssh.SFTPError)):
            await connection.start_sftp_client()
        refused = await connection.run("scp -t /tmp")
        assert refused.exit_status == 127
        no_command = await connection.run()
        assert no_command.exit_status == 2


async def test_connections_that_say_nothing_keep_nobody_out(shell: DemoShell) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", shell.access.port) for _ in range(149)]
    try:
        assert await ask(shell, "hostname") == (0, "kvm01\n", "")
    finally:
        for _, writer in idle:
            writer.close()


async def test_journalctl_goes_on_until_its_channel_closes(shell: DemoShell) -> None:
    async with await connect(shell.access) as connection:
        last = await connection.run("journalctl -n 3 -u sshd", check=True)
        assert len(str(last.stdout).splitlines()) == 3
        assert all(" kvm01 sshd[2201]: " in line for line in str(last.stdout).splitlines())
        assert (await connection.run("journalctl --since today")).exit_status == 2
        process = await connection.create_process("journalctl -n 1 -f")
        async with asyncio.timeout(30):
            lines = [await process.stdout.readline() for _ in range(2)]
        assert all(" kvm01 " in line for line in lines)
        process.close()
        await running_commands(shell, 0)


async def test_a_sleep_ends_with_its_channel_or_its_connection(shell: DemoShell) -> None:
    async with await connect(shell.access) as connection:
        before = asyncio.all_tasks()
        process = await connection.create_process("sleep 3600")
        other = await connection.create_process("sleep infinity")
        await running_commands(shell, 2)
        process.close()
        await process.wait_closed()
        await running_commands(shell, 1)
        assert not other.is_closing()
    await running_commands(shell, 0)
    assert len(asyncio.all_tasks()) <= len(before)


async def test_a_command_gets_its_stdin(shell: DemoShell) -> None:
    async with await connect(shell.access) as connection:
        for stdin in (b"b\na\n", b"x\n" * 40_000):
            process = await connection.create_process("sort -u | wc -l", encoding=None)
            process.stdin.write(stdin)
            process.stdin.write_eof()
            done = await process.wait()
            assert (done.exit_status, done.stdout) == (0, b"%d\n" % len(set(stdin.split())))


async def test_the_end_of_its_channel_ends_a_command(shell: DemoShell) -> None:
    async with await connect(shell.access) as connection:
        process = await connection.create_process("sleep 3600")
        await running_commands(shell, 1)
        process.channel.abort()
        await running_commands(shell, 0)


async def test_leaving_stops_everything_and_removes_its_directory() -> None:
    async with running() as shell:
        access = shell.access
        directory = access.identity_file.parent
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert stat.S_IMODE(access.identity_file.stat().st_mode) == 0o600
        connection = await connect(access)
        process = await connection.create_process("sleep 3600")
    assert not directory.exists()
    await connection.wait_closed()
    assert process.exit_status is None
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", access.port))
    assert asyncio.all_tasks() == {asyncio.current_task()}
    with pytest.raises(RuntimeError):
        _ = shell.access


async def test_a_host_in_trouble_is_in_trouble_here_too() -> None:
    hosts = [
        HostInfo(kind, "127.0.0.1", f"sim://{kind}/?fault={kind}@0") for kind in ("silent", "refuse", "auth", "slow")
    ]
    async with running(*hosts) as shell:
        with pytest.raises((ConnectionError, asyncssh.Error, OSError)) as refused:
            await connect(shell.access, "refuse")
        assert not isinstance(refused.value, asyncssh.PermissionDenied)
        with pytest.raises(asyncssh.PermissionDenied):
            await connect(shell.access, "auth")
        assert (await ask(shell, "echo late", "slow"))[1] == "late\n"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await connect(shell.access, "silent")


async def test_a_host_that_loses_its_links_loses_this_one_too() -> None:
    async with running(HostInfo("kvm01", "127.0.0.1", "sim://kvm01/?fault=flap@0*0.5")) as shell:
        connection = await connect(shell.access)
        async with asyncio.timeout(30):
            await connection.wait_closed()


async def test_openssh_gets_in_as_well(shell: DemoShell) -> None:
    access = shell.access
    command = [
        "ssh", "-F", "none", "-p", str(access.port), "-i", str(access.identity_file),
        "-o", f"UserKnownHostsFile={access.known_hosts}", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        "kvm03@127.0.0.1", "hostname; uname -r",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stdout, stderr = await process.communicate()
    assert process.returncode == 0, stderr
    assert stdout.startswith(b"kvm03\n6.")


async def test_a_command_that_gets_a_signal_ends_and_says_so(shell: DemoShell) -> None:
    async with await connect(shell.access, "kvm01") as connection:
        process = await connection.create_process("sleep 3600")
        await until(lambda: shell.running_commands == 1, "it never ran")
        process.terminate()
        done = await process.wait()
        assert (done.exit_status, done.exit_signal) == (143, None)
        await until(lambda: shell.running_commands == 0, "it still runs")
