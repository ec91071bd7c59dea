"""From what a manifest asks for to what is there: compared, shown, carried out (cli.md 10)."""
