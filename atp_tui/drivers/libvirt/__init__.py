"""libvirt connections: a lane of threads each, a socket that can be cut, one event loop for all.

`driver.LibvirtDriver` is the way in. libvirt itself is imported when the first connection is opened.
"""
