"""SSH links over asyncssh: one connection carries commands, sockets and pipes.

`driver.SshDriver` is the way in, `hostkeys.HostKeyStore` what a person's trust in a host key goes to. asyncssh itself
is imported when the first connection is opened.
"""
