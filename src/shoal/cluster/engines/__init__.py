"""Engines: what executes blocks."""
