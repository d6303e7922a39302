"""The words that a tape is written in: shared by the writer and the kernels.

A tape is one array of integers (and one of numbers that it points to):

    header    where the content of each section starts, and what the workspace holds where
    slots     count, content: each constant, number of terms, then (column, coefficient) pairs
    matrices  count; each: length, is_constant, number of factors, then (axis, slot or number, sign)
    tables    count; each: length, is_constant, place, bits, phases, then each phase:
              slot, sign, is_parity, conditions, then (mask, value) pairs
    passes    count; each: length, source, target, bits, pieces, pivots, vectors and a 0, number of
              steps, then each step: opcode, length, operands (see the kernel of each)

A walk is written as: start; shifts, then (role, vector) pairs; checks, then (role, value) pairs;
number of steps, the steps and a 0. Places in the workspace count vectors of lanes.
"""

from __future__ import annotations

SLOTS = 0
MATRICES = 1
TABLES = 2
PASSES = 3
NUM_OUTPUTS = 4
COSINES_AT = 5
SINES_AT = 6
MATRICES_AT = 7
BLOCK_AT = 8
STATE_AT = 9
COPY_AT = 10
SCRATCH_AT = 11
HEADER_LENGTH = 12

NOWHERE = 0
"""A pass that reads from nowhere starts at the vacuum; one that writes nowhere only reads."""
STATE = 1
COPY = 2

ROTATE = 0
ROTATE_X = 1
ROTATE_Y = 2
DIAGONAL = 3
DENSE = 4
TERM = 5
SPECTRUM = 6
MARGINAL = 7
AMPLITUDES = 8

LANE_BYTES = 64
"""A vector of lanes: eight rows in double precision, sixteen in single."""
