"""What sshds ask, and what a person types: passwords once for many, passphrases, and keyboard-interactive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh import locked_keys
from atp_tui.drivers.ssh.answering import Answering
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.prompts import bounded, is_password
from atp_tui.model.causes import Cause
from atp_tui.model.credential import Secret, joined
from atp_tui.model.errors import AuthFailed, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.questions import LoginQuestion, Prompt, Wants
from atp_tui.model.say import Say
from atp_tui.model.settings import SshSettings
from atp_tui.transport.login_desk import Asks, LoginDesk

from ..daemons.asking_sshd import Asking, Round, listening
from ..daemons.pam_sshd import PASSWORD, USER, asking_sshd
from ..daemons.sshd import PrivateSshd
from .ssh_links import answers, fails, host_of, open_link, until
from .test_ssh_logins import lock

pytestmark = pytest.mark.daemons

CODE = Round([("Verification code: ", False)], ["123456"])


class Person:
    """Sits at a desk. `answer` is what is typed for each question, in turn; None: it is left."""

    def __init__(self, *typed: str | tuple[str, ...] | None, everywhere: bool = False) -> None:
        self.desk = LoginDesk()
        self.desk.attends = True
        self.driver = SshDriver(desk=self.desk)
        self.asked: list[LoginQuestion] = []
        self._typed = list(typed)
        self._everywhere = everywhere
        self.desk.listen(lambda: asyncio.get_running_loop().call_soon(self._look))

    def _look(self) -> None:
        question = self.desk.question()
        if question is None or question.number in [each.number for each in self.asked]:
            return
        self.asked.append(question)
        typed = self._typed.pop(0)
        if typed is None:
            self.desk.decline(question.number)
        else:
            secret = Secret(typed) if isinstance(typed, str) else joined(typed)
            assert self.desk.answer(question.number, secret, everywhere=self._everywhere)

    async def logs_in(self, host: HostInfo) -> None:
        (await open_link(host, self.driver)).abort()


async def test_a_password_is_typed_and_one_that_was_wrong_is_asked_for_again(tmp_path: Path) -> None:
    server, person = Asking("secret"), Person("wrong", "secret")
    async with listening(server):
        await person.logs_in(server.host(tmp_path))
        assert server.told == ["wrong", "secret"]
        await person.logs_in(server.host(tmp_path))
    assert [(each.wants, each.host_id, each.user, each.refused) for each in person.asked] == [
        (Wants.PASSWORD, "peer", "root", 0),
        (Wants.PASSWORD, "peer", "root", 1),
    ]
    assert person.asked[0].where == f"127.0.0.1 port {server.port}"


async def test_where_nobody_is_there_nothing_is_sent_and_what_was_wanted_is_told(tmp_path: Path) -> None:
    server = Asking("secret", [CODE])
    async with listening(server):
        error = await fails(server.host(tmp_path))
    assert (error.kind, server.told, server.begun) == (Cause.WANTS_PASSWORD, [], 0)


async def test_three_wrong_passwords_are_the_last(tmp_path: Path) -> None:
    server, person = Asking("secret"), Person("a", "b", "c")
    async with listening(server):
        error = await fails(server.host(tmp_path), person.driver)
    assert isinstance(error, AuthFailed)
    assert error.kind is Cause.PASSWORD_REFUSED
    assert server.told == ["a", "b", "c"]


async def test_a_password_of_a_realm_is_tried_on_one_host_and_then_goes_to_all(tmp_path: Path) -> None:
    servers, person = [Asking("secret") for _ in range(4)], Person("wrong", "secret")
    async with listening(*servers):
        hosts = [server.host(tmp_path, f"kvm{n}", realm="lab") for n, server in enumerate(servers)]
        await asyncio.gather(*map(person.logs_in, hosts))
    assert sorted(server.told for server in servers) == [["secret"]] * 3 + [["wrong", "secret"]]
    assert [(each.realm, each.refused) for each in person.asked] == [("lab", 0), ("lab", 1)]


async def test_a_connection_that_drops_instead_of_an_answer_says_nothing_of_the_password(tmp_path: Path) -> None:
    servers, person = [Asking("secret", drops=1), Asking("secret")], Person("secret", "secret")
    async with listening(*servers):
        hosts = [server.host(tmp_path, f"kvm{n}", realm="lab") for n, server in enumerate(servers)]
        error = await _refused(person, hosts[0])
        assert error.kind is Cause.ENDED_EARLY
        await person.logs_in(hosts[1])
        await person.logs_in(hosts[0])
    assert [each.refused for each in person.asked] == [0, 0], "it is asked for anew, and nothing was wrong"
    assert [server.told for server in servers] == [["secret", "secret"], ["secret"]]


async def test_a_password_that_has_expired_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    servers, person = [Asking("secret", expired=True), Asking("secret")], Person("secret")
    async with listening(*servers):
        hosts = [server.host(tmp_path, f"kvm{n}", realm="lab") for n, server in enumerate(servers)]
        error = await _refused(person, hosts[0])
        assert (error.kind, error.permanent) == (Cause.PASSWORD_EXPIRED, True)
        assert "has expired at 127.0.0.1 port" in error.message
        await person.logs_in(hosts[1])
    assert [server.told for server in servers] == [["secret"], ["secret"]], "it is right, and sent no more than once"


async def test_an_odd_host_of_a_realm_leaves_the_others_their_tries(tmp_path: Path) -> None:
    odd, others = Asking("other"), [Asking("secret") for _ in range(3)]
    person = Person("secret", "secret", "other")
    async with listening(odd, *others):
        hosts = [server.host(tmp_path, f"kvm{n}", realm="lab") for n, server in enumerate((odd, *others))]
        typing, person._look = person._look, lambda: None  # type: ignore[method-assign] # once all of them wait
        logins = [asyncio.create_task(person.logs_in(hosts[0]))]
        await until(lambda: person.desk.question() is not None, "the odd one asks nothing")
        logins += [asyncio.create_task(person.logs_in(host)) for host in hosts[1:]]
        await until(lambda: (found := person.desk.question()) is not None and found.hosts == 4, "not all are asked")
        person._look = typing  # type: ignore[method-assign]
        typing()
        await asyncio.gather(*logins)
    assert odd.told == ["secret", "secret", "other"]
    assert [server.told for server in others] == [["secret"]] * 3
    assert [(each.realm, each.refused) for each in person.asked] == [("lab", 0), ("lab", 1), ("", 1)]
    first, second, third = (each.host_id for each in person.asked)
    assert (first, third) == ("kvm0", "kvm0")
    assert second != "kvm0", "the next answer is tried on another host"


async def _refused(person: Person, host: HostInfo) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await person.logs_in(host)
    return caught.value


async def test_a_password_for_all_that_want_one_of_that_user(tmp_path: Path) -> None:
    servers, person = [Asking("secret") for _ in range(3)], Person("secret", everywhere=True)
    person.desk.attends = None
    async with listening(*servers):
        hosts = [server.host(tmp_path, f"kvm{n}") for n, server in enumerate(servers)]
        person.desk.attend(["kvm0", "kvm1", "kvm2"])
        typing, person._look = person._look, lambda: None  # type: ignore[method-assign] # once all of them wait
        links = [asyncio.create_task(person.logs_in(host)) for host in hosts]
        await until(lambda: (found := person.desk.question()) is not None and found.others == 2, "not all are asked")
        typing()
        await asyncio.gather(*links)
        assert [server.told for server in servers] == [["secret"]] * 3
    assert [(each.hosts, each.others) for each in person.asked] == [(1, 2)]


async def test_what_is_kept_serves_without_anybody_until_it_is_forgotten(tmp_path: Path) -> None:
    server, person = Asking("secret"), Person("secret")
    async with listening(server):
        host = server.host(tmp_path)
        await person.logs_in(host)
        person.desk.attends = False
        await person.logs_in(host)
        person.desk.forget()
        error = await fails(host, person.driver)
    assert (error.kind, server.told) == (Cause.WANTS_PASSWORD, ["secret"] * 2)


async def test_what_is_kept_has_an_end(tmp_path: Path) -> None:
    server, person = Asking("secret"), Person("secret")
    async with listening(server):
        host = server.host(tmp_path, forget_after="1s")
        await person.logs_in(host)
        await until(lambda: person.desk.gate.next_end() is None, "it is kept for ever")


async def test_prompts_of_several_rounds_are_shown_with_the_servers_words(tmp_path: Path) -> None:
    first = Round([("User token: ", True), ("PIN: ", False)], ["t", "1"], "Vault\x1b[31m", "Second factor")
    server, person = Asking(rounds=[first, CODE]), Person(("t", "1"), "123456")
    async with listening(server):
        await person.logs_in(server.host(tmp_path))
    assert server.told == ["t", "1", "123456"]
    assert person.asked[0].prompts == (Prompt("User token:", shown=True), Prompt("PIN:"))
    assert person.asked[0].instruction == "Vault\x1b[31m\nSecond factor", "whoever shows it makes it safe"
    assert person.asked[1].wants is Wants.ANSWERS


async def test_a_password_and_then_a_code_and_the_code_is_never_used_again(tmp_path: Path) -> None:
    rounds = [Round([("Password: ", False)], ["secret"]), CODE]
    servers, person = [Asking(rounds=rounds) for _ in range(2)], Person("secret", "123456", "123456")
    async with listening(*servers):
        for number, server in enumerate(servers):
            await person.logs_in(server.host(tmp_path, f"kvm{number}", realm="lab"))
    assert [server.told for server in servers] == [["secret", "123456"]] * 2
    assert [(each.wants, each.host_id) for each in person.asked] == [
        (Wants.PASSWORD, "kvm0"),
        (Wants.ANSWERS, "kvm0"),
        (Wants.ANSWERS, "kvm1"),
    ]


async def test_a_wrong_code_says_nothing_of_a_password_that_another_host_takes(tmp_path: Path) -> None:
    rounds = [Round([("Password: ", False)], ["secret"]), CODE]
    servers = [Asking(rounds=rounds[:1]), Asking(rounds=rounds)]
    person = Person("secret", "000000", "123456")
    async with listening(*servers):
        for number, server in enumerate(servers):
            await person.logs_in(server.host(tmp_path, f"kvm{number}", realm="lab"))
    assert servers[1].told == ["secret", "000000", "secret", "123456"]
    assert [each.refused for each in person.asked] == [0, 0, 1]


@pytest.mark.parametrize("prompts", [[("Code: ", False)], []])
async def test_a_server_that_asks_for_ever_is_left(tmp_path: Path, prompts: list[tuple[str, bool]]) -> None:
    server, person = Asking(rounds=[Round(prompts, [])], endless=True), Person(*["x"] * 40)
    async with listening(server):
        error = await fails(server.host(tmp_path), person.driver)
    assert "asks on and on" in error.message
    assert len(person.asked) <= 12


async def test_a_question_of_many_prompts_and_long_words_is_bounded(tmp_path: Path) -> None:
    many = Asking(rounds=[Round([("x", False)] * 500, [])])
    long = Asking(rounds=[Round([("x" * 10_000, False)], ["y"], instruction="i" * 10_000)])
    person = Person("y")
    async with listening(many, long):
        assert "asks on and on" in (await fails(many.host(tmp_path), person.driver)).message
        await person.logs_in(long.host(tmp_path))
    (asked,) = person.asked
    assert len(asked.instruction) < 1000
    assert len(asked.prompts[0].words) < 300


async def test_a_question_that_is_left_ends_the_login(tmp_path: Path) -> None:
    server, person = Asking("secret", [CODE]), Person(None)
    async with listening(server):
        error = await fails(server.host(tmp_path), person.driver)
    assert "asks for Verification code, and nobody has answered" in error.message
    assert (error.kind, server.told) == (Cause.WANTS_PASSWORD, [])


async def test_no_secret_is_in_an_error(tmp_path: Path) -> None:
    server, person = Asking("secret", [CODE]), Person(*["not-for-the-log"] * 6)
    async with listening(server):
        error: BaseException | None = await fails(server.host(tmp_path), person.driver)
    while error is not None:
        assert "not-for-the-log" not in repr(error)
        error = error.__cause__ or error.__context__


async def test_a_second_question_before_the_first_is_answered_ends_the_login() -> None:
    """Else the secret of the first would be lost sight of, and all of its realm would wait for its fate."""
    person = Person()
    asks = Asks("kvm0", "root", "192.0.2.1 port 22", realm="lab")
    answering, prompts = Answering(person.desk, asks), [("Password: ", False)]
    person._look = lambda: None  # type: ignore[method-assign] # nobody types
    first = asyncio.create_task(answering.answers("", "", prompts))
    await asyncio.sleep(0)
    assert person.desk.question() is not None
    second = asyncio.create_task(answering.answers("", "", prompts))
    await asyncio.sleep(0)
    assert second.done()
    assert second.result() is None
    assert [note.id for note in answering.notes] == [Say.ASKS_ON]
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert person.desk.question() is None


# -- passphrases -------------------------------------------------------------------------------------------------------


def locked(daemon: PrivateSshd, path: Path, kind: str) -> SshSettings:
    """Settings whose only key is the daemon's own with the passphrase `secret`, in a file of that kind."""
    lock(daemon.client_key, path)
    if kind != "with its public half":
        path.with_name(path.name + ".pub").unlink()
    return daemon.ssh_settings(identity=path)


@pytest.mark.parametrize("kind", ["with its public half", "alone"])
async def test_a_passphrase_is_asked_for_once_for_all_hosts(sshd: PrivateSshd, tmp_path: Path, kind: str) -> None:
    host, person = host_of(sshd, locked(sshd, tmp_path / "key", kind)), Person("wrong", "secret")
    await asyncio.gather(*(person.logs_in(host) for _ in range(5)))
    assert [(each.wants, each.where, each.refused) for each in person.asked] == [
        (Wants.PASSPHRASE, str(tmp_path / "key"), 0),
        (Wants.PASSPHRASE, str(tmp_path / "key"), 1),
    ]
    person.desk.attends = False
    assert await answers(host, person.driver)
    person.desk.forget()
    assert (await fails(host, person.driver)).kind is Cause.WANTS_PASSPHRASE


async def test_no_passphrase_is_asked_for_of_a_key_that_the_host_does_not_take(
    sshd: PrivateSshd, tmp_path: Path
) -> None:
    from .ssh_links import new_key

    new_key(tmp_path / "plain")
    lock(tmp_path / "plain", tmp_path / "key")
    person = Person()
    error = await fails(host_of(sshd, sshd.ssh_settings(identity=tmp_path / "key")), person.driver)
    assert (error.kind, person.asked) == (Cause.LOGIN_REFUSED, [])


async def test_a_key_that_is_being_decrypted_is_forgotten_too(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetting(name: str, decrypt: Callable[[], object]) -> object:
        key = decrypt()
        person.desk.forget()
        return key

    host, person = host_of(sshd, locked(sshd, tmp_path / "key", "alone")), Person("secret")
    monkeypatch.setattr(locked_keys, "off_loop", forgetting)
    await person.logs_in(host)
    person.desk.attends = False
    assert (await fails(host, person.driver)).kind is Cause.WANTS_PASSPHRASE


# -- sshd itself, with PAM ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ["PasswordAuthentication yes"],
        ["KbdInteractiveAuthentication yes"],
        ["KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"],
        ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"],
    ],
)
async def test_a_real_sshd_with_pam(tmp_path: Path, options: list[str]) -> None:
    with asking_sshd(tmp_path / "sshd", options) as daemon:
        needs_key = "publickey" in options[-1]
        settings = daemon.ssh_settings() if needs_key else replace(daemon.ssh_settings(), identity_files=())
        host, person = host_of(daemon, settings), Person("wrong", PASSWORD)
        assert await answers(host, person.driver)
        assert [(each.wants, each.user, each.refused) for each in person.asked] == [
            (Wants.PASSWORD, USER, 0),
            (Wants.PASSWORD, USER, 1),
        ]
        person.desk.attends = False
        assert await answers(host, person.driver)


# -- which words are a password ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "shown", "expected"),
    [
        ("Password: ", False, True),
        ("(root@kvm) Password: ", False, True),
        ("Passwort: ", False, True),
        ("Mot de passe\u00a0: ", False, True),
        ("密码：", False, True),
        ("root's Password: ", False, True),
        ("Password for root@kvm: ", False, True),
        ("Please enter your LDAP password: ", False, True),
        ("Einmalpasswort: ", False, False),
        ("Mot de passe à usage unique : ", False, False),
        ("一次性密码：", False, False),
        ("Dynamic password: ", False, False),
        ("Nouveau mot de passe : ", False, False),
        ("Новый пароль: ", False, False),
        ("Retype password: ", False, False),
        ("Password: ", True, False),
        ("Verification code: ", False, False),
        ("One-time password (OATH) for `root': ", False, False),
        ("New password: ", False, False),
        ("Current password: ", False, False),
        ("Passcode or option (1-3): ", False, False),
    ],
)
def test_what_is_a_password(words: str, shown: bool, expected: bool) -> None:
    found = bounded("", "", [(words, shown)])
    assert found is not None
    assert is_password(found[1]) is expected
