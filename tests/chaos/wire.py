"""A wire between two network devices that loses packets at random: the frames themselves, so that TCP sends them anew.

    python -m tests.chaos.wire DEVICE DEVICE SEED

Each line of its standard input is the share of the frames that are lost from then on, in percent and each way; it is
answered by how many have passed and how many were lost so far. It ends with its standard input. It needs no firewall
and no scheduler of the kernel's: packet sockets alone (packet(7)).
"""

from __future__ import annotations

import array
import fcntl
import random
import select
import socket
import struct
import sys

_ETH_P_ALL = 3
_SOL_PACKET, _PACKET_IGNORE_OUTGOING = 263, 23  # linux/if_packet.h
_SIOCETHTOOL, _ETHTOOL_STXCSUM = 0x8946, 0x17  # linux/sockios.h, linux/ethtool.h
_LARGEST = 65536
_ROOM = 4 << 20


def send_whole_packets(device: str) -> None:
    """Have a device send frames as a card puts them on a cable: with their checksums, and none larger than the MTU."""
    value = array.array("I", [_ETHTOOL_STXCSUM, 0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, _SIOCETHTOOL, struct.pack("16sP8x", device.encode(), value.buffer_info()[0]))


def _end(device: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    end.bind((device, _ETH_P_ALL))
    return end


def main() -> None:
    chance = random.Random(int(sys.argv[3]))
    one, other = map(_end, sys.argv[1:3])
    leads = {one: other, other: one}
    share, passed, lost = 0.0, 0, 0
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([sys.stdin, one, other], [], [])
        for end in ready:
            if not isinstance(end, socket.socket):
                line = sys.stdin.readline()
                if not line:
                    return
                share = float(line) / 100
                print(passed, lost, flush=True)
                continue
            frame = end.recv(_LARGEST)
            if chance.random() < share:
                lost += 1
            else:
                leads[end].send(frame)
                passed += 1


if __name__ == "__main__":
    main()
