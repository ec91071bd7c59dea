"""Everything that is known or assumed of the Kaleyra API; no other room knows a wire name."""
