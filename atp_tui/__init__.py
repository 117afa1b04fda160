"""atp_tui: watch a fleet of libvirt hosts from a terminal, and run commands on it over SSH."""

__version__ = "0.1.0"
