"""The names of engines that stand for no queue."""

SIMULATORS = ("auto", "aer", "aer_mpi", "batched")
"""Engines that simulate, by the names that the options take."""

WITHOUT_QUEUE = (*SIMULATORS, "backend")
"""All of them; any other name is a queue's."""
