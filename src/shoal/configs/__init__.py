"""Sweep files, profiles and published data; read with ``importlib.resources``."""
