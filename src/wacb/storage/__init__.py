"""Every file of ours: atomic writes, one lock, the journal, keys, caches."""
