"""Ideal circuits on the batched kernels: statevectors, on the qubits that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from qiskit import QuantumCircuit

from ...primitives.bases import BasisLabel
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.recent import Recent
from ...primitives.workload import IntArray, Program
from .batched import CompiledCircuit, compile_circuit, expectations, probabilities
from .facts import ProgramFacts


@dataclass(frozen=True, eq=False)
class CompactCircuit:
    """A compiled circuit whose qubits are some of a program's."""

    compiled: CompiledCircuit
    columns: IntArray
    """Where its parameters stand in a row of the program."""

    def parameters(self, rows: FloatArray) -> FloatArray:
        """Return its parameters' part of a program's rows [R, P]; these, where it has them all."""
        if self.columns.size == rows.shape[1] and self._is_whole:
            return rows
        return rows[:, self.columns]

    @cached_property
    def _is_whole(self) -> bool:
        return bool((self.columns == np.arange(self.columns.size)).all())


_COMPILED: Recent[CompactCircuit] = Recent(1024)


def compact_circuit(program: Program, facts: ProgramFacts) -> CompactCircuit:
    """Compile a program's circuit; the latest ones are kept by digest.

    Args:
        program: Its circuit measures at its end, if at all.
        facts: Which qubits matter.

    Raises:
        CannotCompile: The circuit holds something that is not simulated there.
    """
    return _COMPILED.get((program.digest, facts.kept), lambda: _compiled(facts))


def _compiled(facts: ProgramFacts) -> CompactCircuit:
    body = facts.measured.body
    assert body is not None
    target = QuantumCircuit(len(facts.kept), global_phase=body.global_phase)
    new_qubit = {body.qubits[old]: target.qubits[new] for new, old in enumerate(facts.kept)}
    for one in body.data:
        if one.name not in ("barrier", "delay"):
            target.append(one.operation, [new_qubit[qubit] for qubit in one.qubits])
    column = {parameter: place for place, parameter in enumerate(body.parameters)}
    columns = np.array([column[one] for one in target.parameters], dtype=np.int64)
    return CompactCircuit(compile_circuit(target), columns)


@dataclass(frozen=True, slots=True, eq=False)
class PureKernels:
    """Statevectors of many rows at once."""

    circuit: CompactCircuit
    threads: int
    precision: Literal["single", "double"]

    @property
    def method(self) -> str:
        """The name of the method, as Aer has it."""
        return "statevector"

    def reads(self, terms: Sequence[TermLabel]) -> bool:
        """Whether terms are read without a distribution: all are."""
        return True

    def values(self, rows: FloatArray, terms: tuple[TermLabel, ...]) -> FloatArray:
        """Return the values [R, T] of terms at rows [R, P] of the program."""
        return expectations(
            self.circuit.compiled,
            self.circuit.parameters(rows),
            terms,
            threads=self.threads,
            precision=self.precision,
        )

    def distributions(
        self, rows: FloatArray, bases: tuple[BasisLabel, ...]
    ) -> Sequence[FloatArray]:
        """Return for each basis its outcomes' probabilities [R, 2**m] at rows [R, P]."""
        found = probabilities(
            self.circuit.compiled,
            self.circuit.parameters(rows),
            bases,
            threads=self.threads,
            precision=self.precision,
        )
        return [np.ascontiguousarray(one) for one in found]
