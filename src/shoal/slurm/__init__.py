"""Batch script templates that ``shoal submit`` renders; read with ``importlib.resources``."""
