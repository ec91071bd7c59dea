"""The template of a callback profile: its placeholders, how it is built, checked and filled."""
