"""hosts.toml: found, read with every mistake named by line and key, and written without touching what is there."""
