"""The command line: ``shoal run``, ``plan``, ``jobs``, ``status``, ``result`` and the others."""

from .app import main

__all__ = ["main"]
