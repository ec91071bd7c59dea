"""The desired state in a file: `wacb.toml` to dataclasses and back (cli.md 10)."""
