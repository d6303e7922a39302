"""Few product states in which all pairs of Paulis are seen on all pairs of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError

PauliCodes = NDArray[np.uint8]


def preparations(num_qubits: int, edges: Sequence[tuple[int, int]]) -> PauliCodes:
    """Return of each state the Pauli that stabilises each qubit.

    Neighbours get different colours, and colours the columns of an orthogonal array: nine states do
    for four colours, whatever the number of qubits.

    Args:
        num_qubits: How many qubits n there are.
        edges: Pairs that must see all nine pairs of Paulis.

    Returns:
        Codes [states, n], 1, 2, 3 for X, Y, Z.
    """
    colours = _colours(num_qubits, edges)
    array = _orthogonal_array(max(colours, default=0) + 1)
    return array[:, colours] + np.uint8(1)


def _colours(num_qubits: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    near: list[set[int]] = [set() for _ in range(num_qubits)]
    for one, other in edges:
        near[one].add(other)
        near[other].add(one)
    colours = [-1] * num_qubits
    for qubit in sorted(range(num_qubits), key=lambda q: -len(near[q])):
        taken = {colours[other] for other in near[qubit]}
        colours[qubit] = next(c for c in range(num_qubits) if c not in taken)
    return colours


def _orthogonal_array(columns: int) -> PauliCodes:
    """Return rows in which any two columns show each pair of 0, 1, 2 equally often.

    The columns are the linear forms over the field of three elements, one of each direction.
    """
    for digits in (1, 2, 3, 4):
        forms = [f for f in product(range(3), repeat=digits) if _leads_with_one(f)]
        if len(forms) >= columns:
            points = np.array(list(product(range(3), repeat=digits)))
            return np.asarray(points @ np.array(forms[:columns]).T % 3, dtype=np.uint8)
    raise RequestError(f"a qubit has more than {columns - 2} neighbours: noise is not learnt there")


def _leads_with_one(form: tuple[int, ...]) -> bool:
    return next((digit for digit in form if digit), 0) == 1
