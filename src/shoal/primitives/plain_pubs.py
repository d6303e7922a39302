"""Pubs in the form that sweeps and optimisers give them, read without Qiskit's containers.

These take most of the time of a small job. Whatever is not of the plain form, or not right, is left
to them, and so is every word about what is wrong.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives.containers.observables_array import ObservablesArray
from qiskit.quantum_info import SparsePauliOp

from .observables import FloatArray, Observable, observables_of
from .recent import Recent

MAX_KEY_BYTES = 1 << 16
"""Larger operators are read each time: they would be held in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainObservables:
    """Observables in canonical form."""

    observables: tuple[Observable, ...]
    """Flattened in C order."""
    shape: tuple[int, ...]
    widths: frozenset[int]
    """The numbers of qubits that they are on."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainPub:
    """An estimator's pub, coerced."""

    circuit: QuantumCircuit
    parameters: FloatArray
    """Values [*shape, P]; nobody else's."""
    observables: tuple[Observable, ...]
    observables_shape: tuple[int, ...]
    precision: float


_KNOWN: Recent[PlainObservables] = Recent(128)


def plain_pub(pub: Any, precision: float) -> PlainPub | None:
    """Read an estimator's pub of the plain form.

    Args:
        pub: ``(circuit, operator or label, array, precision)``, the last two optional.
        precision: Where the pub says none.

    Returns:
        The pub, or ``None`` where it is another form or not right.
    """
    if type(pub) is not tuple or not 2 <= len(pub) <= 4:
        return None
    circuit, given = pub[0], pub[1]
    values = pub[2] if len(pub) > 2 else None
    said = pub[3] if len(pub) > 3 and pub[3] is not None else precision
    if not isinstance(circuit, QuantumCircuit) or type(said) is not float or not said >= 0:
        return None
    parameters = _plain_values(values, circuit.num_parameters)
    if parameters is None:
        return None
    key = _content(given)
    if key is None:
        return None
    found = _KNOWN.get(key, lambda: _read(given))
    if found.widths != {circuit.num_qubits}:
        return None
    try:
        np.broadcast_shapes(parameters.shape[:-1], found.shape)
    except ValueError:
        return None
    return PlainPub(circuit, parameters, found.observables, found.shape, said)


def _plain_values(values: Any, count: int) -> FloatArray | None:
    if values is None:
        return np.empty((0,)) if count == 0 else None
    # A last axis of one could be meant as a parameter or as a part of the shape.
    if count < 2 or not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        return None
    if values.ndim < 1 or values.shape[-1] != count:
        return None
    return np.array(values, dtype=np.float64, order="C")


def _content(given: Any) -> Hashable | None:
    """Return what observables are known by; ``None`` for those of other forms."""
    if isinstance(given, str):
        return given
    if type(given) is SparsePauliOp:
        paulis = given.paulis
        if paulis.z.nbytes > MAX_KEY_BYTES or given.coeffs.dtype == object:
            return None
        parts = paulis.z, paulis.x, paulis.phase, given.coeffs
        return (paulis.num_qubits, *(np.ascontiguousarray(part).tobytes() for part in parts))
    if type(given) is list and 0 < len(given) * 64 <= MAX_KEY_BYTES:
        contents = tuple(map(_content, given))
        return None if None in contents else ("list", *contents)
    return None


def _read(given: Any) -> PlainObservables:
    array = ObservablesArray.coerce(given)
    observables = tuple(observables_of(array))
    widths = frozenset(len(one.terms[0]) if one.terms else -1 for one in observables)
    return PlainObservables(observables, array.shape, widths)
