"""The implementations of the driver port: what talks to a real peer. Only here are libvirt and asyncssh imported."""
