"""Holds the blocks of a process as it starts: see `tests.held_blocks`."""

from tests.held_blocks import hold_blocks

hold_blocks()
