"""The changes that make an account match its manifest: compared, previewed, applied."""
