"""The desired state in a file: read and write `wacb.toml`."""
