"""Completion at a TAB: the script, the values of this account, and what each shell wants."""
