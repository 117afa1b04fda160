"""Hosts that exist only inside the program: deterministic figures, scripted faults, and the demo fleet made of them.

`driver` is the implementation of the port, `node` what it shows, `faults` what goes wrong, `fleet` the demo's hosts,
`shell` the loopback SSH server that answers the demo's commands.
"""
