"""What is run for a command as another user, what is heard of it, and what sudo's words mean: without any sudo."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.ssh.sudo.hearing import MOST_EARLY, Asked, Hearing
from atp_tui.drivers.ssh.sudo.script import Form, probed
from atp_tui.drivers.ssh.sudo.words import failure, wants_password
from atp_tui.model.errors import SudoFailed, SudoRefused
from atp_tui.model.outcome import Stream
from atp_tui.model.say import Say

TOKEN = "atp-0123"


@pytest.mark.parametrize(
    "line",
    [
        "id -u; id", "id | cat", "id > x", "echo $HOME", "echo `id`", "ls *", "ls ~", "a && b", "a=1 id", "echo \"$x\"",
        "echo \\", "# id", "id\nid", "-u root id", "", "echo {a,b}", "echo [a]", "!!", "id&",
    ],
)  # fmt: skip
def test_what_only_a_shell_understands_has_no_exact_form(line: str) -> None:
    assert Form(TOKEN, "root", line).words == ()


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_the_words_of_an_exact_command_are_those_that_a_shell_would_find(words: list[str]) -> None:
    found = Form(TOKEN, "root", " ".join(["true", *map(shlex.quote, words)])).words
    assert found in ((), ("true", *words)), "some have a quote that is not looked into"
    assert all("'" in word or "\n" in word for word in words if not found) or found


@pytest.mark.parametrize("line", ["systemctl restart libvirtd", "tee '/a b' \"x y\"", "echo é $HOME", "a\nb 'c' \\"])
def test_each_script_is_one_line_that_a_shell_understands(line: str) -> None:
    form = Form(TOKEN, "www-data", line)
    scripts = [form.probe(), form.in_shell(asks=True), form.in_shell(asks=False), form.by_doas(exact=False)]
    if form.words:
        scripts += [form.either(), form.exact(), form.exact_asking(), form.by_doas(exact=True)]
    for script in scripts:
        assert "\n" not in script
        assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0


@given(st.integers(1, 40), st.binary(max_size=20).filter(lambda data: b"\xff" not in data))
async def test_signs_are_heard_however_they_are_cut(size: int, after: bytes) -> None:
    came: list[tuple[Stream, bytes]] = []
    heard = Hearing("kvm", TOKEN, lambda stream, data: came.append((stream, data)))
    lecture, stream = b"We trust you\r\n", b"%s?1?alice?" % TOKEN.encode()
    everything = lecture + stream + b"\xff" + f"{TOKEN}+{TOKEN}!".encode() + after + f"{TOKEN}!".encode()
    heard("stdout", b"early")
    for at in range(0, len(everything), size):
        heard("stderr", everything[at : at + size])
    assert [await heard.next() for _ in range(3)] == [Asked(1, "alice"), "+", "!"]
    assert came[0] == ("stdout", b"early")
    assert b"".join(data for stream, data in came[1:]) == after + f"{TOKEN}!".encode(), (
        "the command may say what it likes"
    )
    assert heard.said == lecture + b"\xff"


async def test_a_host_that_says_no_end_before_the_command_is_cut() -> None:
    heard = Hearing("kvm", TOKEN, lambda stream, data: None)
    with pytest.raises(SudoFailed):
        for _ in range(MOST_EARLY // 2**16 + 1):
            heard("stdout", bytes(2**16))
    for _ in range(100):
        heard("stderr", bytes(2**16))
    assert len(heard.said) <= 2**16


@pytest.mark.parametrize(
    ("said", "say"),
    [
        ("alice is not in the sudoers file.  This incident will be reported.", Say.SUDO_NO_SUDOER),
        ("Sorry, user alice is not allowed to execute '/bin/sh' as root on kvm.", Say.SUDO_NOT_ALLOWED),
        ("Sorry, user alice may not run sudo on kvm.", Say.SUDO_NOT_ALLOWED),
        ("sudo: sorry, you must have a tty to run sudo", Say.SUDO_WANTS_TTY),
        ("sudo: unknown user nosuch", Say.SUDO_NO_SUCH_USER),
        ("sudo: Account or password is expired, reset your password and try again", Say.SUDO_EXPIRED),
        ("sudo: 3 incorrect password attempts", Say.SUDO_PASSWORD_REFUSED),
        ("sudo: unable to open /etc/sudoers: \x1b[31mInput/output error", Say.SUDO_FAILED),
        ("", Say.SUDO_NOT_ALLOWED),
    ],
)
def test_words_of_sudo_become_what_they_mean(said: str, say: Say) -> None:
    error = failure("kvm", "alice", "root", said, 1)
    assert (error.reason.id, isinstance(error, SudoRefused)) == (say, say is not Say.SUDO_FAILED)
    assert not wants_password(said)


def test_an_answer_that_is_none_is_told_from_others() -> None:
    assert probed(TOKEN, "motd\n") is None
    assert probed(TOKEN, f"motd\n{TOKEN} none\n\n") is not None
    assert wants_password("sudo: a password is required")
