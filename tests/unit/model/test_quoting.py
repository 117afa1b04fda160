"""What a message repeats of a command line: enough to know it by, and nothing that could be a password."""

from __future__ import annotations

import pytest

from atp_tui.model.quoting import LONGEST, command_quoted, redacted, redacted_words, without_command

PLANTED = "not-for-the-screen"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("nc box 22", "nc box 22"),
        ("ssh -W box:22 jump", "ssh -W box:22 …"),
        (f"sshpass -p {PLANTED} ssh -W box:22 jump", "sshpass -p … -W box:22 …"),
        (f"sshpass -p{PLANTED} ssh", "sshpass -p… …"),
        (f"SSHPASS={PLANTED} sshpass -e ssh", "SSHPASS=… sshpass -e …"),
        (f"PASS= {PLANTED} nc -x box", "PASS=… … -x box"),
        (f"A=b PASS= {PLANTED} nc", "A=… PASS=… …"),
        (f"ncat --proxy-auth=root:{PLANTED} --proxy p:3128 box 22", "ncat --proxy-auth=… --proxy … box 22"),
        (f"ncat --{PLANTED}1 box", "ncat … box"),
        (f"connect -H root:{PLANTED}@p:8080 box 22", "connect -H … box 22"),
        (f"sh -c 'printf {PLANTED} | nc box 22'", "sh -c … box …"),
        (f"'/opt/my {PLANTED}' x", "…"),
        (f"/usr/bin/tool {PLANTED} {PLANTED} -q", "/usr/bin/tool … -q"),
        (f"A='my {PLANTED} word' nc box 22", "A=… … box 22"),
        (f'A="my {PLANTED} word" nc -x', "A=… … -x"),
        (f"A=my\\ {PLANTED} nc", "A=… …"),
        (f"A=$'x\\' {PLANTED} y' nc", "A=… …"),
        (f"A='x'\\'' {PLANTED} y' nc", "A=… …"),
        (f"A='x\\' {PLANTED} y' nc", "A=… …"),
        *[(f"A=x{sign}{PLANTED} {PLANTED} nc", "A=… …") for sign in "\u00a0\u2003\v\f\r\x1c\x85\u2028\u3000"],
        *[(f"nc{sign}{PLANTED} box", "… box") for sign in "\u00a0\u2003\v"],
        *[(f"nc -p{sign}{PLANTED} box", "nc -p… box") for sign in "\u00a0\u2003\v"],
        (f"A=(x {PLANTED}) nc", "A=… …"),
        (f"A=x[a {PLANTED}] nc", "A=… …"),
        (f"A={{a {PLANTED}}} nc", "A=… …"),
        (f"A=$(cat {PLANTED} x) nc", "A=… …"),
        (f"A=`cat {PLANTED} x` nc", "A=… …"),
        (f"A=${{B:-x {PLANTED} y}} nc", "A=… …"),
        *[(f"A=x{sign}login {PLANTED} nc", "A=… …") for sign in (";", "&&", "|")],
        (f"nc;{PLANTED}=x login", "…"),
        (f"--x=y {PLANTED} nc", "…"),
        ("A='http://p' B=\"x\"y C=$D,~/x:@%+ nc\tbox", "A=… B=… C=… nc box"),
        ("", ""),
    ],
)
def test_a_command_is_shown_without_what_could_be_a_password(command: str, shown: str) -> None:
    assert command_quoted(command, ("box", "22")) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ('Invalid ProxyJump "root:a b@h:x"', 'Invalid ProxyJump "root:…@h:…"'),
        ("Bad port 'root:x@h'.", "Bad port 'root:…@h'."),
        ("Bad IPQoS value: root:x", "Bad IPQoS value: root:…"),
        ("/etc/ssh/ssh_config line 3: Bad configuration option: nosuch", None),
        ('unsupported option "perhaps".', None),
        ("Bad number '12:x'", "Bad number '12:…'"),
    ],
)
def test_of_values_that_others_quote_no_password_is_repeated(words: str, shown: str | None) -> None:
    assert redacted_words(words) == (shown or words)


def test_a_zone_is_no_password() -> None:
    assert redacted("fe80::1%br-lan.7") == "fe80::1%br-lan.7"


def test_a_long_command_is_cut() -> None:
    assert len(command_quoted("a" + " -b" * 1000)) == LONGEST + 1


def test_what_a_shell_says_of_a_command_has_no_word_that_is_not_shown() -> None:
    command = f"nc -p '{PLANTED}' (x box"
    assert without_command(f"sh: near `{PLANTED}': exec {command}", command, ("box",)) == (
        "sh: near `…': exec nc -p '…' (… box"
    )


@pytest.mark.parametrize("command", [f"nc -p a{sign}{PLANTED} box" for sign in (*";&|<>(){}`$", "$(", "\\")])
def test_a_shell_that_parts_a_word_repeats_no_part_of_it(command: str) -> None:
    assert without_command(f"sh: {PLANTED}: nc not found", command, ("box",)) == "sh: …: nc not found"


@pytest.mark.parametrize(
    ("command", "said", "shown"),
    [
        (f"nc ${{A?{PLANTED}}}", f"sh: 1: A: {PLANTED}", "sh: 1: …: …"),
        (f'A=x;my"{PLANTED}"x nc', f"sh: my{PLANTED}x: not found", "sh: …: not found"),
        (f"A=\r{PLANTED} nc", f"zsh:1: command not found: A=^M{PLANTED}", "zsh:1: command not found: …=^M…"),
        (
            f"B= é{PLANTED}é x",
            f"bash: line 1: $'\\303\\251{PLANTED}\\303\\251': command not found",
            "bash: line 1: $'\\303\\251…\\303\\251': command not found",
        ),
        ("nc -x 1 box", "sh: 11: nc: not found in 1st", "sh: 11: nc: not found in 1st"),
    ],
)
def test_a_shell_repeats_no_part_of_a_word_in_another_spelling(command: str, said: str, shown: str) -> None:
    assert without_command(said, command, ("box",)) == shown
