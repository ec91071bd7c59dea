"""Check every step from credentials to endpoint, and report what fails and how to fix it."""
