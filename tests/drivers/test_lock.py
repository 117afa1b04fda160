"""The lock: what was typed is gone, and opens it all the same."""

from __future__ import annotations

import pytest

from atp_tui.drivers.libvirt.credentials import CredentialStore
from atp_tui.drivers.lock import Lock
from atp_tui.model.credential import Credential, Secret
from atp_tui.model.questions import Locked, Wants
from atp_tui.transport.login_desk import LoginDesk
from atp_tui.transport.login_gate import Give, Scope, Waiter


def typed(desk: LoginDesk, number: int, text: str, *, taken: bool) -> None:
    """A host that wants a password gets it, and takes it or not yet."""
    scope = Scope(Wants.PASSWORD, "root", f"h{number}")
    desk.gate.requests = 1
    desk.gate.wait(Waiter(number, f"h{number}", scope, scope, 1))
    (given,) = desk.gate.typed(scope, Secret(text), 9e9)
    assert isinstance(given, Give)
    if taken:
        desk.gate.accepted(given.waiter)


async def test_what_was_in_use_opens_it_and_nothing_else_and_all_of_it_is_dropped() -> None:
    desk, credentials = LoginDesk(), CredentialStore()
    typed(desk, 1, "taken", taken=True)
    typed(desk, 2, "not yet", taken=False)
    credentials.remember("h3", "qemu+tcp://h3/system", Credential("admin", Secret("libvirt's")))
    lock, news = Lock(desk, credentials), list[object]()
    await lock.lock()
    assert lock.locked() == Locked(wants_proof=True)
    assert (desk.gate.next_end(), credentials.passwords()) == (None, [])
    assert not any(word in repr(vars(lock)) for word in ("taken", "libvirt's"))
    desk.listen(lambda: news.append(None))
    for wrong in ("", "not yet", "Taken", None):
        assert not await lock.unlock(None if wrong is None else Secret(wrong))
    await lock.lock()
    assert lock.locked() is not None and news == [], "once more it changes nothing"
    assert await lock.unlock(Secret("libvirt's"))
    assert (lock.locked(), news) == (None, [None])
    await lock.lock()
    assert lock.locked() == Locked(wants_proof=True), "nothing was typed since: what opened it does so again"
    assert not await lock.unlock(None)
    assert await lock.unlock(Secret("taken"))
    typed(desk, 4, "newer", taken=True)
    await lock.lock()
    assert not await lock.unlock(Secret("taken"))
    assert await lock.unlock(Secret("newer"))


async def test_where_nothing_was_ever_in_use_anything_opens_it() -> None:
    lock = Lock(LoginDesk(), CredentialStore())
    await lock.lock()
    assert lock.locked() == Locked(wants_proof=False)
    assert await lock.unlock(None)


@pytest.mark.parametrize("text", ["\udcff", "密码", "a" * 4096])
async def test_any_text_can_be_a_proof(text: str) -> None:
    desk = LoginDesk()
    typed(desk, 1, text, taken=True)
    lock = Lock(desk, CredentialStore())
    await lock.lock()
    assert not await lock.unlock(Secret(text + "x"))
    assert await lock.unlock(Secret(text))
