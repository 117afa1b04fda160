"""Bad files: each mistake is told with its line and key, all of them at once, and never as a traceback."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atp_tui.config.files import read_bytes
from atp_tui.config.load import load, parse
from atp_tui.model.errors import ConfigError, ConfigErrors

FILE = Path("/etc/fleet/hosts.toml")
HOST = '[[hosts]]\nid = "a"\nhost = "a"\n'


def errors_of(text: str) -> list[ConfigError]:
    with pytest.raises(ConfigErrors) as caught:
        parse(text, FILE)
    return list(caught.value.errors)


@pytest.mark.parametrize(
    ("text", "line", "key", "message", "hint"),
    [
        ("[transprt]\n", 1, "transprt", "unknown key", "did you mean 'transport'?"),
        ("\n[pool]\n", 2, "pool", "unknown key", "[transport.pool]"),
        (f'{HOST}uri = false\n[hosts.ssh]\nuser = "root`touch made`"\n', 6, "hosts[a].ssh.user", "`", "ProxyCommand"),
        ("user = 'x'\n", 1, "user", "unknown key", "[ssh]"),
        ("[transport]\n\nconect_timeout = 5\n", 3, "transport.conect_timeout", "unknown key", "'connect_timeout'"),
        ("[transport]\nidle_timeout = 5\n", 2, "transport.idle_timeout", "unknown key", "[transport.pool]"),
        ("[transport]\n'odd key' = 5\n", 2, 'transport."odd key"', "unknown key", "the keys here are"),
        ("transport = 5\n", 1, "transport", "is the number 5", "[transport]"),
        ("[transport]\npool = true\n", 2, "transport.pool", "is true", "[transport.pool]"),
        ("[transport]\nconnect_timeout = '5'\n", 2, "transport.connect_timeout", "the text '5'", "without quotes"),
        ("[transport]\nconnect_timeout = 0\n", 2, "transport.connect_timeout", "out of range", "be 0.001 or more"),
        ("[transport]\nconnect_timeout = 1e-9\n", 2, "transport.connect_timeout", "1e-09 is out", "be 0.001 or more"),
        ("[transport]\nconnect_timeout = nan\n", 2, "transport.connect_timeout", "not a number", "30"),
        ("[transport]\nconnect_timeout = true\n", 2, "transport.connect_timeout", "is true", "number"),
        ("[transport]\nconnect_timeout = 1979-05-27\n", 2, "transport.connect_timeout", "moment", "number"),
        ("[transport]\nauto_reconnect = 1\n", 2, "transport.auto_reconnect", "number 1", "true or false"),
        ("[transport]\nkeepalive_count = 1.5\n", 2, "transport.keepalive_count", "1.5", "whole number"),
        ("transport.pool.max_waiters = -1", 1, "transport.pool.max_waiters", "out of range", "0 or more"),
        (
            "[transport.pool]\nmax_connections_per_host = 3\nmin_connections_per_host = 4\n",
            3,
            "transport.pool.min_connections_per_host",
            "4 is more than max_connections_per_host (3)",
            "raise the maximum",
        ),
        (
            "[transport.reconnect]\n# half\nmax_delay = 0.5\n",
            3,
            "transport.reconnect.max_delay",
            "initial_delay would be wrong: 1.0 is more than max_delay (0.5)",
            "lower it",
        ),
        ("[transport.reconnect]\njitter = 'half'\n", 2, "transport.reconnect.jitter", "'half'", "full, none"),
        ("[ssh]\nprot = 22\n", 2, "ssh.prot", "unknown key", "'port'"),
        ("[ssh]\nport = 70000\n", 2, "ssh.port", "70000", "65535"),
        ("[ssh]\nport = '22'\n", 2, "ssh.port", "the text '22'", "whole number"),
        ("[ssh]\nidentity_files = [\n 'a',\n 3]\n", 4, "ssh.identity_files[1]", "the number 3", "quotes"),
        ("[ssh]\nuser = ['a']\n", 2, "ssh.user", "an array", "text in quotes"),
        ("[ssh]\nproxy_jump = 'a, b c'\n", 2, "ssh.proxy_jump", "'b c' is not a jump host", "[user@]host[:port]"),
        ("[ssh]\nknown_hosts = ['k', '~nosuchuser/k']\n", 2, "ssh.known_hosts", "user who does not exist", "from /"),
        (HOST + "[hosts.ssh]\nconfig_file = '~nosuchuser/c'\n", 5, "hosts[a].ssh.config_file", "does not", "from /"),
        ("[ssh]\ncommand_guard = 'off'\n", 2, "ssh.command_guard", "'off'", "auto, none"),
        ("[ssh]\nhost_key_policy = 'no'\n", 2, "ssh.host_key_policy", "'no'", "strict, ask, accept-new"),
        ("[ssh]\nforget_after = '8'\n", 2, "ssh.forget_after", "'8' is no length of time", "8h"),
        ("[ssh]\nforget_after = '0h'\n", 2, "ssh.forget_after", "'0h' is no length of time", "never"),
        ("[ssh]\nbefore = 'vpn up'\n", 2, "ssh.before", "no shell takes it apart", "vpn-up"),
        ("[ssh]\nbefore = ['']\n", 2, "ssh.before", "'' is no program", "vpn-up"),
        ("[ssh]\nbefore = ['knock', '{adress}']\n", 2, "ssh.before", "{adress}", "{address}"),
        ("[ssh]\nbefore_timeout = 0\n", 2, "ssh.before_timeout", "0 is out of range", "0.001 or more"),
        ("[ssh]\nrealm = ''\n", 2, "ssh.realm", "''", "lab"),
        ("ssh = false\n", 1, "ssh", "is false", "[ssh]"),
        ("[ui]\nrefresh = -1\n", 2, "ui.refresh", "out of range", "be 0.001 or more"),
        ("[ui]\nrefresh = 1e-6\n", 2, "ui.refresh", "1e-06 is out of range", "be 0.001 or more"),
        ("[ui]\nhistory_secrets = ['(']\n", 2, "ui.history_secrets", "is no regular expression: missing )", "'vault"),
        ("[ui]\nlock_after = '15'\n", 2, "ui.lock_after", "'15' is no length of time", "8h"),
        ("[ui]\ntheme = 1\n", 2, "ui.theme", "the number 1", "text"),
        ("[monitor]\ninterval = 0\n", 2, "monitor.interval", "out of range", "be 0.001 or more"),
        ("[monitor]\ninterval = 0.0009\n", 2, "monitor.interval", "0.0009 is out of range", "be 0.001 or more"),
        ("transport.pool.max_lifetime = 1e-9", 1, "transport.pool.max_lifetime", "out of range", "0, or 0.001 or more"),
        ("transport.pool.high_load_ratio = 0", 1, "transport.pool.high_load_ratio", "out of range", "above 0"),
        ("monitor = []\n", 1, "monitor", "an array", "table"),
        ("[guard]\ndanger = [\n'ok',\n'(']\n", 4, "guard.danger[1]", "is no regular expression: missing )", "write"),
        ("[guard]\ndanger = ''\n", 2, "guard.danger[0]", "is empty", "rm .*-rf"),
        ("[guard]\nprotected = ['@prod']\n", 2, "guard.protected[0]", "'@prod' is no tag", "'prod', without the @"),
        ("[guard]\nread_only = ['a', ' ']\n", 2, "guard.read_only[1]", "is empty", "take it out"),
        ("[guard]\nread_only = true\n", 2, "guard.read_only", "is true", "array"),
        ("[answers]\nmask = [\n'ok',\n'(']\n", 4, "answers.mask[1]", "is no regular expression: missing )", "write"),
        ("[answers]\nmask = ['(a+)+']\n", 2, "answers.mask[0]", "very long", "give repeats an end"),
        ("[jobs]\nring = 'gong'\n", 2, "jobs.ring", "gong", "bell"),
        ("[jobs]\nring_after = -1\n", 2, "jobs.ring_after", "-1", "0"),
        (
            "[jobs]\nring_command = 'notify-send done'\n",
            2,
            "jobs.ring_command",
            "no shell takes it apart",
            "notify-send",
        ),
        ("[jobs]\nring_command = ['']\n", 2, "jobs.ring_command", "'' is no program", "notify-send"),
        ("[jobs]\nring_timeout = 0\n", 2, "jobs.ring_timeout", "0 is out of range", "0.001 or more"),
        ("[answers]\nmask = true\n", 2, "answers.mask", "is true", "array"),
        ("[answers]\nmsk = ['a']\n", 2, "answers.msk", "unknown key", "mask"),
        ("[guard]\npreview_above = -1\n", 2, "guard.preview_above", "out of range", "0 or more"),
        ("[guard]\npreview_above = 9\ncount_above = 8\n", 3, "guard.count_above", "8 is less than", "raise it"),
        (HOST + "protected = ['prod']\n", 4, "hosts[a].protected", "unknown key", "[guard]"),
        ("tags = ['a']\n", 1, "tags", "an array", "[tags.NAME.transport]"),
        ("[tags]\nprod = 1\n", 2, "tags.prod", "the number 1", "[tags.prod.transport]"),
        ("[tags.prod]\nconnect_timeout = 1\n", 2, "tags.prod.connect_timeout", "unknown", "[tags.prod.transport]"),
        ("[tags.prod.ssh]\nport = 0\n", 2, "tags.prod.ssh.port", "out of range", "1 or more"),
        (
            "[transport.pool]\nmax_connections_per_host = 3\n[tags.x.transport.pool]\nmin_connections_per_host = 4\n",
            4,
            "tags.x.transport.pool.min_connections_per_host",
            "4 is more than",
            "raise",
        ),
        ('[tags."p\\u001b".ssh]\nidle_timeout = 0\n', 2, 'tags."p\\u001b".ssh.idle_timeout', "unknown", '"p\\u001b"'),
        ("[hosts]\nid = 'a'\n", 1, "hosts", "a table", "[[hosts]]"),
        ("hosts = [\n1]\n", 2, "hosts[0]", "the number 1", "[[hosts]]"),
        ("[[hosts]]\nhost = 'a'\n", 1, "hosts[0].id", "missing", 'id = "kvm01"'),
        (HOST + "[[hosts]]\nid = 'b'\n", 4, "hosts[b].host", "missing", "host ="),
        (HOST + "[[hosts]]\nid = 7\nhost = 'b'\n", 5, "hosts[1].id", "the number 7", "id ="),
        (HOST + HOST, 5, "hosts[1].id", "'a' is the id of the host at line 2 already", "another"),
        ("[[hosts]]\nid = 'a b'\nhost = 'a'\n", 2, "hosts[a b].id", "not a host id", "letters"),
        ("[[hosts]]\nid = 'a\\u001b'\nhost = 'a'\n".replace("'", '"'), 2, "hosts[0].id", "not a host id", "letters"),
        ("[[hosts]]\nid = 'a'\nhost = 'root@b'\n", 3, "hosts[a].host", "not a host name", "192.0.2.11"),
        (HOST + "user = 'x'\n", 4, "hosts[a].user", "unknown key", "[hosts.ssh]"),
        (HOST + "tag = ['x']\n", 4, "hosts[a].tag", "unknown key", "'tags'"),
        (HOST + "idle_timeout = 3\n", 4, "hosts[a].idle_timeout", "unknown key", "[hosts.transport.pool]"),
        (HOST + "theme = 'x'\n", 4, "hosts[a].theme", "unknown key", "[ui]"),
        (HOST + "uri = true\n", 4, "hosts[a].uri", "is true", "false"),
        (HOST + "uri = ''\n", 4, "hosts[a].uri", "the text ''", "leave it out"),
        (HOST + "uri = 'kvm01'\n", 4, "hosts[a].uri", "no driver://", "qemu+ssh://"),
        (HOST + "uri = 'qemu+rdp://a/system'\n", 4, "hosts[a].uri", "'rdp'", "ssh, tcp, tls, unix"),
        (HOST + "uri = false\nssh = false\n", 4, "hosts[a].uri", "neither uri nor ssh", "uri"),
        (HOST + "tags = 'prod'\n", 4, "hosts[a].tags", "the text 'prod'", "array"),
        (HOST + "tags = ['x', 3]\n", 4, "hosts[a].tags[1]", "the number 3", "text in quotes"),
        (HOST + "tags = ['all']\n", 4, "hosts[a].tags", "'all'", "another word"),
        (HOST + "enabled = 'no'\n", 4, "hosts[a].enabled", "the text 'no'", "write enabled = false"),
        (HOST + "metadata = 'x'\n", 4, "hosts[a].metadata", "the text 'x'", "site"),
        (HOST + "[hosts.metadata]\nv = 1.10\n", 5, "hosts[a].metadata.v", "the number 1.1", "quotes"),
        (HOST + "ssh = true\n", 4, "hosts[a].ssh", "is true", "ssh = false"),
        (HOST + "[hosts.ssh]\nport = 0\n", 5, "hosts[a].ssh.port", "out of range", "1 or more"),
        (HOST + "[hosts.transport]\ncall_timeout = 0\n", 5, "hosts[a].transport.call_timeout", "out of", "or more"),
        (
            "[transport.pool]\nmin_connections_per_host = 5\n" + HOST + "transport.pool.max_connections_per_host = 2\n",
            6,
            "hosts[a].transport.pool.max_connections_per_host",
            "min_connections_per_host would be wrong",
            "raise",
        ),
    ],
)
def test_a_mistake_is_told_with_line_key_and_what_is_right(
    text: str, line: int, key: str, message: str, hint: str
) -> None:
    (error,) = errors_of(text)
    assert (error.file, error.line, error.key) == (FILE, line, key)
    assert message in error.message
    assert hint in (error.hint or "")


def test_a_key_that_stands_twice_is_named() -> None:
    (error,) = errors_of(HOST + "  id = 'b'\n")
    assert (error.line, error.key) == (4, "id")
    assert "there already" in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[transport]\nconnect_timeout 5\n", 2),
        ("[transport]\n[transport]\n", 2),
        ("a = 1\n\n\nb = [1,\n", 4),
        ('x = 1\ny = """\n\n', 2),
        ("a = 1\na = 2\n", 2),
        ("[transport\n", 1),
        ("x = \x00\n", 1),
        ("x = 1\r", 1),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int) -> None:
    (error,) = errors_of(text)
    assert "is not TOML" in error.message
    assert "(at " not in error.message
    assert (error.file, error.line) == (FILE, line)


def test_every_mistake_is_told_in_the_order_of_the_lines() -> None:
    text = "[ui]\nrefresh = 0\n[[hosts]]\nid = 'a'\ntags = 3\n[transport]\nx = 1\ncall_timeout = ''\n[transport.pool]\n"
    text += "max_waiters = -1\nmax_lifetime = -1\n"
    keys = [(error.line, error.key) for error in errors_of(text)]
    assert keys == [
        (2, "ui.refresh"),
        (3, "hosts[a].host"),
        (5, "hosts[a].tags"),
        (7, "transport.x"),
        (8, "transport.call_timeout"),
        (10, "transport.pool.max_waiters"),
        (11, "transport.pool.max_lifetime"),
    ]


def test_a_mistake_in_shared_settings_is_told_once() -> None:
    text = HOST + "tags = ['x']\n" + HOST.replace('"a"', '"b"') + "tags = ['x']\n"
    text += "[tags.x.transport]\ncall_timeout = 0\n[transport.pool]\nmax_connections_per_host = 0\n"
    assert [error.line for error in errors_of(text)] == [10, 12]


def test_tags_that_contradict_each_other_only_together() -> None:
    text = HOST + "tags = ['x', 'y']\n[tags.x.transport.pool]\nmax_connections_per_host = 2\n"
    text += "[tags.y.transport.pool]\nmin_connections_per_host = 5\n"
    (error,) = errors_of(text)
    assert (error.line, error.key) == (8, "tags.y.transport.pool.min_connections_per_host")


def test_the_error_names_its_host() -> None:
    (error,) = errors_of(HOST + "uri = 'x'\n")
    assert error.host == "a"


def test_no_secret_of_a_uri_in_the_message() -> None:
    (error,) = errors_of(HOST + "uri = 'qemu+ssh://root:hunter2@a/system'\n")
    assert "hunter2" not in str(error)


def test_nesting_without_end() -> None:
    (error,) = errors_of("x = " + "[" * 100_000)
    assert (error.message, error.file) == ("is nested too deeply", FILE)


def test_nesting_that_the_parser_can_still_bear() -> None:
    for depth in range(100, 600, 5):
        (error,) = errors_of("x = " + "[" * depth + "]" * depth)
        assert error.message in ("unknown key", "is nested too deeply")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[transport]\n[transport]\n", 2, "the table [transport] stands there already"),
        ("[hosts]\n[[hosts]]\n", 2, "is not TOML"),
        ("ssh = {}\n[ssh.x]\n", 2, "the table [ssh.x] stands there already"),
        ("[a.b]\n[a]\nb.c = 1\n", 3, "that table stands there already"),
        ("[transport]\nkeepalive_count = nan\n", 2, "is the number nan"),
        (f"x = 1\ny = {'9' * 5000}\nz = 1\n\n\n", 2, "has a number of far too many digits"),
        (f"[ui]\n[monitor]\ninterval = 0x{'f' * 6000}\n", 3, "has a number of far too many digits"),
    ],
)
def test_the_words_are_no_library_s(text: str, line: int, message: str) -> None:
    error = errors_of(text)[0]
    assert error.line == line
    assert message in error.message
    assert not any(word in str(error) for word in ("('", "sys.", "namespace")), str(error)


def test_a_number_of_too_many_digits() -> None:
    (error,) = errors_of("x = " + "9" * 5000)
    assert error.file == FILE


@pytest.mark.parametrize("value", ["1" + "0" * 400, "-1" + "0" * 400])
def test_a_number_too_large_for_a_float(value: str) -> None:
    (error,) = errors_of(f"[transport]\ncall_timeout = {value}\n")
    assert error.line == 2
    assert len(error.message) < 600


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"# one\n# two \xff\n")
    with pytest.raises(ConfigError) as caught:
        load(binary)
    assert (caught.value.line, caught.value.message) == (2, "is not UTF-8 text")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert "directory" in caught.value.message
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.toml")
    assert caught.value.file == tmp_path / "none.toml"


def test_a_file_that_fails_while_it_is_read() -> None:
    with pytest.raises(ConfigError) as caught:
        load(Path("/proc/self/mem"))  # its first page is never mapped, not even for root
    assert "cannot be read" in caught.value.message


def test_a_file_without_an_end() -> None:
    with pytest.raises(ConfigError, match="more than 64 MiB") as caught:
        load(Path("/dev/zero"))
    assert caught.value.file == Path("/dev/zero")


def test_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hosts.toml")
    with pytest.raises(ValueError, match="pipe"):
        read_bytes(tmp_path / "hosts.toml", patience=0.05)


def test_a_pipe_whose_writer_comes_late_and_writes_slowly(tmp_path: Path) -> None:
    path = tmp_path / "hosts.toml"
    os.mkfifo(path)

    def write() -> None:
        time.sleep(0.05)
        with path.open("w") as pipe:
            for line in HOST.splitlines(keepends=True):
                time.sleep(0.05)
                pipe.write(line)
                pipe.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert [host.id for host in load(path).hosts] == ["a"]
    finally:
        writer.join()


KEYS = ["transport", "pool", "reconnect", "ssh", "tags", "hosts", "ui", "monitor", "id", "host", "uri", "metadata"]
KEYS += ["port", "user", "identity_files", "max_delay", "initial_delay", "max_connections_per_host", "jitter", "x"]
KEYS += ["min_connections_per_host", "auto_reconnect", "theme", "interval", "call_timeout", "host_key_policy"]
VALUES = ["1", "0", "-1", "2.5", "inf", "true", "false", "'a'", "''", "'all'", "[]", "['a', 1]", "{}", "{ id = 'a' }"]
VALUES += ["07:32:00", "'qemu+ssh://u@h:1/system'", '"\\u001b[31m"', "1e400", "99999999999999999999"]
dotted = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4).map(".".join)
statements = st.one_of(
    st.builds("{} = {}".format, dotted, st.sampled_from(VALUES)),
    dotted.map("[{}]".format),
    dotted.map("[[{}]]".format),
    st.sampled_from(["[[hosts]]", "[hosts.ssh]", "[transport]", "[transport.pool]", "[tags.a.transport]", "id = 'a'"]),
    st.text(max_size=8),
)


@given(st.lists(statements, max_size=12).map("\n".join))
@example("hosts = [{}, {ssh = {}}]\ntags.a.ssh = {}")
def test_any_text_is_a_configuration_or_a_list_of_errors(text: str) -> None:
    try:
        parse(text, FILE)
    except ConfigErrors as caught:
        count = text.count("\n") + 1
        assert caught.errors
        assert all(error.line is None or 1 <= error.line <= count for error in caught.errors)
        assert str(caught).isprintable() or "\n" in str(caught)
        assert "\x1b" not in str(caught)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("qemu+ssh://h/system?sokcet=/run/x", "no parameter sokcet="),
        ("qemu+ssh://h/system?no_verify=1", "no_verify= does not count"),
        ("qemu+tls://h/system?no_verify=1", "certificate off"),
    ],
)
def test_what_a_uri_says_in_vain_is_a_warning_with_its_line(uri: str, said: str) -> None:
    (warning,) = parse(HOST + f'uri = "{uri}"\n', Path("hosts.toml")).warnings
    assert (warning.line, warning.key, warning.host) == (4, "hosts[a].uri", "a")
    assert said in warning.message
    assert warning.hint


SECRET = "not-for-the-screen"


@pytest.mark.parametrize(
    "text",
    [
        HOST + f'uri = "qemu+ssh//root:{SECRET}@h/system"\n',
        HOST + f'uri = ["qemu+ssh//root:{SECRET}@h/system"]\n',
        HOST + f'tags = "root:{SECRET}@h"\n',
        HOST + f'tags = ["root:{SECRET}@h"]\n',
        HOST + f'ssh.user = "root:{SECRET}"\n',
        HOST + f'ssh.user = ["root:{SECRET}@h", 1]\n',
        HOST + f'ssh.port = "22?password={SECRET}"\n',
        HOST + f'ssh.proxy_jump = "root:{SECRET}@h"\n',
        HOST + f'ssh.proxy_jump = "root:{SECRET}"\n',
        HOST + f'ssh.host_key_policy = "root:{SECRET}@h"\n',
        HOST + f'ssh.identity_files = "~root:{SECRET}@h"\n',
        HOST + f'"root:{SECRET}@h" = 1\n',
        HOST + f'[tags."root:{SECRET}@h"]\nx = 1\n',
        HOST + f'transport = "root:{SECRET}@h"\n',
        f'[[hosts]]\nid = "root:{SECRET}@h"\nhost = "b"\n',
        f'[[hosts]]\nid = "root:{SECRET}@h"\nhost = "b"\n' * 2,
        f'[[hosts]]\nid = "a"\nhost = "root:{SECRET}@h"\n',
        f'[[hosts]]\nid = "a"\nhost = "root:{SECRET}"\n',
        f"[[hosts]]\nuri = qemu+ssh://root:{SECRET}@h/system\n",
        f"root:{SECRET}@h = 1\n",
    ],
)
def test_no_message_about_a_file_shows_a_password(text: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse(text, Path("hosts.toml"))
    said = str(caught.value) + repr(caught.value) + "".join(map(repr, caught.value.errors))
    assert SECRET not in said
    assert all(SECRET not in (error.host or "") for error in caught.value.errors)
