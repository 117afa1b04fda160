"""An SFTP client (version 3, with OpenSSH's extensions) over a channel of an open SSH connection.

asyncssh's own has a task for each request, 32 MiB in flight to a host, and takes listings of any length. This one has a
future for each request, a bound for all of it, and 20 % less CPU a byte (tests/bench/bench_files.py).
"""
