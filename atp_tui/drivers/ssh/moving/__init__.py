"""Files sent to a host and fetched from it, over one SFTP session of its SSH connection."""
