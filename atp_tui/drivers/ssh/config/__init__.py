"""What ssh_config says of a host: asked of OpenSSH's own client, or read by us where there is none."""
