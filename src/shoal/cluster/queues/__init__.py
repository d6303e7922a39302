"""Queues of vendors beside the simulators: what serves them, and what remembers their jobs."""
