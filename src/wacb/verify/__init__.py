"""The chain from config to endpoint: what is broken in it, and what mends that (cli.md 9)."""
