"""Shoal beside its peers: the same work, the same cores, one run."""
