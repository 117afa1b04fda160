"""Domains that are being moved or saved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from atp_tui.model.node import REASONS, DomainState
from atp_tui.monitor.domain_index import HostWithDomains
from atp_tui.monitor.under_way import UNDER_WAY, under_way

from .test_domain_record import Host, guest

S = DomainState


def host_with(*states: tuple[DomainState, str | None], fresh: bool = True) -> HostWithDomains:
    host = Host()
    host.says(*(guest(f"web{place}", 0, state=state, reason=why) for place, (state, why) in enumerate(states)))
    return cast(HostWithDomains, SimpleNamespace(id="a", tags=(), fresh=fresh, of_domains=host.domains))


def test_a_domain_on_its_way_is_told_with_its_reason_and_no_other() -> None:
    states = ((S.RUNNING, "migrated"), (S.PAUSED, "migration"), (S.PAUSED, "user"), (S.RUNNING, "post-copy migration"))
    assert under_way(host_with(*states, (S.SHUTOFF, "saved"))) == (
        ("web1", "migration"),
        ("web3", "post-copy migration"),
    )


def test_of_a_host_that_is_silent_nothing_is_told() -> None:
    assert under_way(host_with((S.PAUSED, "migration"), fresh=False)) == ()


def test_the_reasons_are_words_that_a_sample_has() -> None:
    assert all(why in REASONS[state] for state, why in UNDER_WAY)
