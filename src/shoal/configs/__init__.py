"""Sweep files, profiles and published data that ship with Shoal; read with ``importlib.resources``."""
