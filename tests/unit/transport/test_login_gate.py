"""The gate of logins under hypothesis: at no step of random histories a host gets a secret that it should not get."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from atp_tui.model.credential import Secret
from atp_tui.model.questions import Wants
from atp_tui.transport.login_gate import MOST_WRONG, Deny, Give, LoginGate, Plan, Scope, Waiter

HOSTS = tuple(f"kvm{number}" for number in range(5))
REALMS = {"kvm0": "a", "kvm1": "a", "kvm2": "a", "kvm3": "b", "kvm4": ""}


def scopes_of(host: str) -> tuple[Scope, Scope]:
    own = Scope(Wants.PASSWORD, "root", host)
    return (Scope(Wants.PASSWORD, "root", f"realm {REALMS[host]}") if REALMS.get(host) else own), own


class Gate(RuleBasedStateMachine):
    """Holds beside the gate what each host was given, and what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = LoginGate()
        self.next_id = 0
        self.waiting: dict[int, Waiter] = {}
        self.out: dict[int, tuple[Waiter, Secret]] = {}
        self.refused_by: dict[Secret, set[str]] = {}
        self.taken: set[Secret] = set()
        """Secrets that some host took, and none has refused since."""
        self.once_more: set[Secret] = set()
        """Secrets that one host alone has refused since another one took them."""
        self.taken_by: dict[Secret, set[str]] = {}
        self.unsure: set[Secret] = set()
        """Secrets that a login may have sent before it was cut short, when none had taken them, or one had refused."""
        self.asked: dict[int, int] = {}
        """How often a person was asked for a login's scope since its request."""

    def perform(self, plan: Plan) -> None:
        for each in plan:
            waiter = self.waiting.pop(each.waiter)
            if isinstance(each, Deny):
                continue
            secret = each.secret
            assert waiter.host not in self.refused_by.get(secret, ()), "a host has refused it before"
            if secret not in self.taken:
                others = [of for of, given in self.out.values() if given is secret]
                assert not others, "it is with a second host, and none has taken it"
                refused = self.refused_by.get(secret)
                assert not refused or secret in self.once_more, "it was refused, and none has taken it since"
                assert secret not in self.unsure, "nobody knows whether it is right"
            self.out[waiter.id] = waiter, secret

    @rule(host=st.sampled_from(HOSTS), attended=st.booleans())
    def wait(self, host: str, attended: bool) -> None:
        self.next_id += 1
        waiter = Waiter(self.next_id, host, *scopes_of(host), self.gate.requests if attended else 0)
        self.waiting[waiter.id] = waiter
        self.perform(self.gate.wait(waiter))

    @rule()
    def attend(self) -> None:
        self.gate.requests += 1

    @precondition(lambda self: any(self.gate.open()))
    @rule(data=st.data(), everywhere=st.booleans())
    def type(self, data: Any, everywhere: bool) -> None:
        asked = data.draw(st.sampled_from(list(self.gate.open())))
        assert asked.wrong < MOST_WRONG
        self.perform(self.gate.typed(asked.scope, Secret("x"), 10.0, everywhere=everywhere))

    @precondition(lambda self: any(self.gate.open()))
    @rule(data=st.data())
    def decline(self, data: Any) -> None:
        asked = data.draw(st.sampled_from(list(self.gate.open())))
        self.perform(self.gate.closed(asked.scope))
        assert all(each.scope != asked.scope for each in self.gate.open())

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def accept(self, data: Any) -> None:
        waiter, secret = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
        self.taken.add(secret)
        self.once_more.discard(secret)
        self.taken_by.setdefault(secret, set()).add(waiter.host)
        self.perform(self.gate.accepted(waiter.id))

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def refuse(self, data: Any) -> None:
        waiter, secret = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
        if secret in self.taken and self.taken_by[secret] - {waiter.host}:
            self.once_more.add(secret)
        else:
            self.once_more.discard(secret)
        self.taken.discard(secret)
        self.refused_by.setdefault(secret, set()).add(waiter.host)
        self.perform(self.gate.refused(waiter.id))

    @precondition(lambda self: self.out or self.waiting)
    @rule(data=st.data())
    def leave(self, data: Any) -> None:
        waiter = data.draw(st.sampled_from(sorted({*self.out, *self.waiting})))
        self.out.pop(waiter, None)
        self.waiting.pop(waiter, None)
        self.perform(self.gate.left(waiter))

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def cut_short(self, data: Any) -> None:
        waiter, secret = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
        if secret not in self.taken:
            self.unsure.add(secret)
        self.perform(self.gate.unsure(waiter.id))

    @rule(now=st.sampled_from([None, 5.0, 11.0]))
    def forget(self, now: float | None) -> None:
        self.perform(self.gate.forget(now))
        if now != 5.0:
            assert self.gate.next_end() is None

    @invariant()
    def every_login_that_waits_is_asked_for_or_hangs_on_another(self) -> None:
        asked = {waiter.id for each in self.gate.open() for waiter in each.waiters}
        for waiter in self.waiting.values():
            if waiter.id not in asked:
                assert self.out, "it waits for nothing"
            else:
                assert waiter.asked_at, "nobody has asked for it"


Gate.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestGate = Gate.TestCase


def waiter(number: int, host: str = "kvm0", asked_at: int = 1) -> Waiter:
    return Waiter(number, host, *scopes_of(host), asked_at)


def begun(*hosts: str) -> LoginGate:
    gate = LoginGate()
    gate.requests = 1
    for number, host in enumerate(hosts):
        assert gate.wait(waiter(number, host)) == []
    return gate


def test_three_wrong_answers_end_a_question_for_all() -> None:
    gate, scope = begun("kvm0", "kvm1"), scopes_of("kvm0")[0]
    for number in range(MOST_WRONG):
        (asked,) = gate.open()
        assert asked.wrong == number
        (given,) = gate.typed(scope, Secret(f"wrong {number}"), 10.0)
        assert isinstance(given, Give)
        plan = gate.refused(given.waiter)
        if number + 1 < MOST_WRONG:
            assert gate.wait(waiter(given.waiter)) == []
    assert plan == [Deny(1, scope)]
    assert gate.wait(waiter(0)) == [Deny(0, scope)], "nor is it asked again by itself"
    gate.requests += 1
    assert gate.wait(waiter(0, asked_at=2)) == []
    assert [each.wrong for each in gate.open()] == [0]


def test_what_a_login_may_have_sent_when_it_was_cut_short_is_asked_for_anew() -> None:
    gate, scope, secret = begun("kvm0", "kvm1"), scopes_of("kvm0")[0], Secret("x")
    assert gate.typed(scope, secret, 10.0) == [Give(0, secret)]
    assert gate.unsure(0) == []
    (asked,) = gate.open()
    assert ([each.id for each in asked.waiters], asked.wrong) == ([1], 0)
    again = Secret("x")
    assert gate.typed(scope, again, 10.0) == [Give(1, again)]
    assert gate.accepted(1) == []
    assert gate.wait(waiter(2)) == [Give(2, again)]
    assert gate.unsure(2) == [], "a host has taken it: what became of it here changes nothing"
    assert gate.wait(waiter(3)) == [Give(3, again)]


def test_a_host_that_refuses_what_others_take_is_asked_for_by_itself() -> None:
    gate, secret = begun("kvm0", "kvm1", "kvm2"), Secret("right")
    assert gate.typed(scopes_of("kvm0")[0], secret, 10.0) == [Give(0, secret)]
    assert gate.accepted(0) == [Give(1, secret), Give(2, secret)]
    assert gate.refused(1) == []
    assert gate.wait(waiter(3)) == [], "one host has refused it: the next waits for the third one's word"
    assert gate.wait(waiter(4, "kvm1")) == []
    assert gate.accepted(2) == [Give(3, secret)]
    (asked,) = gate.open()
    assert (asked.scope, [each.id for each in asked.waiters]) == (scopes_of("kvm1")[1], [4])


def test_a_password_for_all_is_tried_on_the_host_that_was_asked_about() -> None:
    gate, secret = begun("kvm3", "kvm4", "kvm0"), Secret("right")
    assert len(list(gate.open())) == 3
    assert gate.typed(scopes_of("kvm4")[0], secret, 10.0, everywhere=True) == [Give(1, secret)]
    assert list(gate.open()) == []
    assert gate.accepted(1) == [Give(0, secret), Give(2, secret)]
    assert gate.wait(waiter(7, "kvm1")) == [Give(7, secret)], "and those that a person asks for later"
    assert gate.accepted(2) == []
    assert gate.wait(waiter(8, "kvm0", asked_at=0)) == [Give(8, secret)], "and one that has taken it, again"
    others = Waiter(9, "kvm0", *scopes_of("kvm0 at another address"), 0)
    for stranger in (waiter(10, "kvm2", asked_at=0), others):
        assert gate.wait(stranger) == [Deny(stranger.id, stranger.scope)], "nobody has asked for that host"


def test_wrong_answers_count_on_where_the_next_is_given_for_all() -> None:
    gate, own = begun("kvm4"), scopes_of("kvm4")[1]
    for number in range(MOST_WRONG - 1):
        gate.typed(own, Secret("wrong"), 10.0)
        assert gate.refused(number) == []
        assert gate.wait(waiter(number + 1, "kvm4")) == []
    assert gate.wait(waiter(9, "kvm3")) == []
    last = Secret("wrong, too")
    assert gate.typed(own, last, 10.0, everywhere=True) == [Give(MOST_WRONG - 1, last)]
    assert gate.refused(MOST_WRONG - 1) == [Deny(9, scopes_of("kvm3")[0])]


def test_one_odd_host_of_a_realm_uses_up_the_tries_of_none_but_itself() -> None:
    gate, realm, own, right = begun("kvm1", "kvm0"), *scopes_of("kvm0"), Secret("right")
    odd = scopes_of("kvm1")[1]
    assert gate.typed(realm, right, 10.0) == [Give(0, right)]
    assert gate.refused(0) == []
    assert gate.wait(waiter(2, "kvm1")) == []
    (asked,) = gate.open()
    assert [each.host for each in asked.waiters] == ["kvm0", "kvm1"], "the next try is another host's"
    again = Secret("right")
    assert gate.typed(realm, again, 10.0) == [Give(1, again)]
    assert gate.accepted(1) == [Give(2, again)]
    assert gate.wait(waiter(3, "kvm2")) == [Give(3, again)]
    assert gate.accepted(3) == []
    assert gate.refused(2) == [], "it counts for that host alone"
    assert gate.wait(waiter(4, "kvm1")) == []
    for number in range(1, MOST_WRONG):
        (asked,) = gate.open()
        assert (asked.scope, asked.wrong) == (odd, number)
        wrong = Secret("wrong")
        assert gate.typed(odd, wrong, 10.0) == [Give(4, wrong)]
        assert gate.refused(4) == []
        plan = gate.wait(waiter(4, "kvm1"))
    assert plan == [Deny(4, realm)]
    assert gate.wait(waiter(5)) == [Give(5, again)]
    assert gate.accepted(5) == []
    assert gate.wait(waiter(6, "kvm2")) == [Give(6, again)], "the others have it as before"
    assert own != odd


def test_what_was_changed_everywhere_is_refused_twice_at_most_and_asked_for_all_together() -> None:
    gate, realm, old = begun("kvm0", "kvm1", "kvm2"), scopes_of("kvm0")[0], Secret("old")
    assert gate.typed(realm, old, 10.0) == [Give(0, old)]
    assert gate.accepted(0) == [Give(1, old), Give(2, old)]
    assert gate.accepted(1) == gate.accepted(2) == []
    assert gate.wait(waiter(3, "kvm1")) == [Give(3, old)]
    assert gate.refused(3) == []
    assert gate.wait(waiter(3, "kvm1")) == []
    assert gate.wait(waiter(4, "kvm2")) == [Give(4, old)]
    assert gate.wait(waiter(5, "kvm0")) == []
    assert gate.refused(4) == []
    assert gate.wait(waiter(4, "kvm2")) == []
    (asked,) = gate.open()
    assert (asked.scope, asked.wrong) == (realm, 1)
    assert sorted(each.host for each in asked.waiters) == ["kvm0", "kvm1", "kvm2"]
