"""Mitigated estimates: ours against IBM's open client-side estimator, on the same problem."""
