"""Circuits compiled for the batched kernels, on the qubits that matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from ...primitives.workload import IntArray, Program
from .batched import CompiledCircuit, compile_circuit
from .program_cache import measured_program
from .recent import Recent


@dataclass(frozen=True, slots=True, eq=False)
class CompactCircuit:
    """A compiled circuit whose qubits are some of a program's."""

    compiled: CompiledCircuit
    columns: IntArray
    """Where its parameters stand in a row of the program."""


_COMPILED: Recent[CompactCircuit] = Recent(64)


def compact_circuit(program: Program, kept: tuple[int, ...]) -> CompactCircuit:
    """Compile a program's circuit on some qubits; the latest ones are kept by digest.

    Args:
        program: Its circuit measures at its end, if at all.
        kept: The qubits that matter, rising.

    Raises:
        CannotCompile: The circuit holds something that is not simulated there.
    """
    return _COMPILED.get((program.digest, kept), lambda: _compiled(program, kept))


def _compiled(program: Program, kept: tuple[int, ...]) -> CompactCircuit:
    body = measured_program(program).body
    assert body is not None
    target = QuantumCircuit(len(kept), global_phase=body.global_phase)
    new_qubit = {body.qubits[old]: target.qubits[new] for new, old in enumerate(kept)}
    for one in body.data:
        if one.name not in ("barrier", "delay"):
            target.append(one.operation, [new_qubit[qubit] for qubit in one.qubits])
    column = {parameter: place for place, parameter in enumerate(body.parameters)}
    columns = np.array([column[one] for one in target.parameters], dtype=np.int64)
    return CompactCircuit(compile_circuit(target), columns)
