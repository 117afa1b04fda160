"""The verdict of the soak of the screen can be a bad one."""

from __future__ import annotations

from tests.soak.truth import Shown, Truth, shown_hosts

SCREEN = """\
 ▾ set0                              6 ●              │ ● connected  for 2 min · 127.0.0.1
▌  ● cmd-0    100 %    7 %    2.2 ms      n/a    0.5  │   SSH only
   ● ssh-a-0  100 %    7 %   10.6 ms      2/2    0.5  │ ● test  running  2 vcpu
   ● ssh-b-0  100 %    7 %   10.6 ms      2/2    0.5  │
   ◐ tcp-a-0  silent                                  │
   ✕ unix-0   refused 3/4 tried                       │
   ◔ ssh-c-0  connecting                              │
"""


def test_the_hosts_are_read_from_the_tree_and_from_nowhere_else() -> None:
    assert shown_hosts(SCREEN, lambda row, column: row == 3) == {
        "cmd-0": Shown(True, None),
        "ssh-a-0": Shown(True, 2),
        "ssh-b-0": Shown(True, None),
        "tcp-a-0": Shown(False, None),
        "unix-0": Shown(False, None),
        "ssh-c-0": Shown(False, None),
    }


def a_truth() -> Truth:
    truth = Truth({"a": ("libvirtd",), "both": ("libvirtd", "sshd")})
    truth.has("libvirtd", 1, 0.0)
    truth.compare({"a": Shown(True, 1), "both": Shown(True, 1)}, 1.0)
    return truth


def test_a_host_that_is_down_and_shown_as_connected_is_wrong_since_it_went_down() -> None:
    truth = a_truth()
    truth.broken("sshd", 2.0)
    truth.compare({"a": Shown(True, 1), "both": Shown(True, 1)}, 5.0)
    assert (truth.alive.longest, truth.alive.host, truth.away.seen) == (3.0, "both", 0)
    truth.compare({"a": Shown(True, 1), "both": Shown(False, None)}, 6.0)
    assert truth.alive.longest == 3.0, "it was right by then"


def test_a_host_that_is_up_and_shown_as_away_is_wrong_since_all_its_daemons_are_up() -> None:
    truth = a_truth()
    truth.broken("sshd", 2.0)
    truth.broken("libvirtd", 3.0)
    away = {"a": Shown(False, None), "both": Shown(False, None)}
    truth.compare(away, 4.0)
    truth.healed("sshd", 5.0)
    truth.compare(away, 6.0)
    assert truth.away.seen == 0
    truth.healed("libvirtd", 7.0)
    truth.compare(away, 11.0)
    assert (truth.away.seen, truth.away.longest) == (2, 4.0)


def test_a_state_that_is_wrong_with_no_change_of_the_truth_counts_from_when_it_was_last_right() -> None:
    truth = a_truth()
    truth.compare({"a": Shown(False, None)}, 9.0)
    assert (truth.away.longest, truth.away.host) == (8.0, "a")


def test_an_old_number_of_virtual_machines_is_wrong_since_it_changed() -> None:
    truth = a_truth()
    truth.has("libvirtd", 3, 10.0)
    truth.compare({"a": Shown(True, 1), "both": Shown(True, 3)}, 14.0)
    assert (truth.counts.longest, truth.counts.host) == (4.0, "a")
    truth.compare({"a": Shown(True, 3)}, 15.0)
    truth.compare({"a": Shown(True, None)}, 30.0)
    assert truth.counts.longest == 4.0, "no number is no wrong number"
