"""Qiskit's V2 primitives, sharded over a cluster of your own."""

__version__ = "0.1.0"
