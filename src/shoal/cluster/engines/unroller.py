"""Rewrites circuits in the instructions that a simulator knows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    Clbit,
    ControlFlowOp,
    Delay,
    ForLoopOp,
    Gate,
    Operation,
    Parameter,
    ParameterExpression,
    Qubit,
)
from qiskit.circuit.library import UnitaryGate
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError

from ...primitives.errors import UnsupportedError
from ...primitives.gate_names import is_named_rightly
from ...primitives.noise import IDEAL_LABEL

if TYPE_CHECKING:
    from .noise import Noise

Expansion = Sequence[tuple[str, tuple[Any, ...]]]
"""Gates of one qubit with their angles, first applied first."""

Expansions = Mapping[str, Callable[..., Expansion]]

_KEPT = frozenset({"barrier", "measure", "reset", "store", "break_loop", "continue_loop"})
_STANDARD = sorted(get_standard_gate_name_mapping())
_WITHOUT_LABEL = frozenset({"diagonal", "initialize", "multiplexer", "pauli"})
"""Instructions whose noise Aer does not look up by a label."""


def _u(theta: Any, phi: Any, lam: Any) -> Expansion:
    return (("rz", (lam,)), ("ry", (theta,)), ("rz", (phi,)))


ROTATIONS_AS_RZ: Expansions = {
    "p": lambda angle: (("rz", (angle,)),),
    "u1": lambda angle: (("rz", (angle,)),),
    "rx": lambda angle: (("h", ()), ("rz", (angle,)), ("h", ())),
    "ry": lambda angle: (("sdg", ()), ("rx", (angle,)), ("s", ())),
    "r": lambda angle, phi: (("rz", (-phi,)), ("rx", (angle,)), ("rz", (phi,))),
    "u": _u,
    "u3": _u,
    "u2": lambda phi, lam: _u(np.pi / 2, phi, lam),
}
"""Rotations by the one that the stabilizer method knows, up to phase."""


class NamedGate(Gate):  # type: ignore[misc]
    """A gate that Aer knows by its name: it reads nothing but the name, operands and angles."""


@dataclass(frozen=True, slots=True, eq=False)
class UnrollerRules:
    """What a simulator knows, and what is done with the rest."""

    native: frozenset[str]
    """Names of the instructions that it knows."""
    known: frozenset[str]
    """Names that a user may key noise by: the noise of such a gate is that of its own name, never
    that of the parts which are made of it here."""
    noise: Noise | None
    """What is keyed by which names."""
    expansions: Expansions
    """Gates of one qubit that are replaced by others than their definition."""
    drops_resets: bool
    """Whether resets are left out, since they find their qubits in 0."""
    widest: int = 64
    """Qubits of an instruction that is taken as it is, at most."""


class Unroller:
    """Rewrites circuits recursively, and gives each angle that is to be bound a parameter."""

    def __init__(self, rules: UnrollerRules) -> None:
        """Start without any angle."""
        self._native, self._known = rules.native, rules.known
        self._noise, self._expansions = rules.noise, rules.expansions
        self._drops_resets, self._widest = rules.drops_resets, rules.widest
        self.slots: list[Parameter] = []
        self.angles: list[ParameterExpression] = []

    def unrolled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Rewrite a circuit, or a block of one; the global phase is dropped."""
        target = circuit.copy_empty_like()
        target.global_phase = 0.0
        for instruction in circuit.data:
            self._append(
                target, instruction.operation, instruction.qubits, instruction.clbits, ideal=False
            )
        return target

    def _append(
        self,
        target: QuantumCircuit,
        operation: Operation,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
        *,
        ideal: bool,
    ) -> None:
        if self._drops_resets and operation.name == "reset":
            return
        if isinstance(operation, ForLoopOp) and operation.params[1] is not None:
            for body in _unrolled_loop(operation):
                target.compose(self.unrolled(body), qubits, clbits, inplace=True, copy=False)
        elif isinstance(operation, ControlFlowOp):
            blocks = [self.unrolled(block) for block in operation.blocks]
            target.append(operation.replace_blocks(blocks), qubits, clbits)
        elif self._is_native(operation) and not (ideal and operation.name in _WITHOUT_LABEL):
            target.append(self._native_form(operation, ideal=ideal), qubits, clbits)
        else:
            self._append_parts(target, operation, qubits, clbits, ideal=ideal)

    def _append_parts(
        self,
        target: QuantumCircuit,
        operation: Operation,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
        *,
        ideal: bool,
    ) -> None:
        noisy_as = None if ideal or self._noise is None else self._noise.key_of(operation)
        is_known = operation.name in self._known and _is_standard(operation)
        # Without noise nothing needs a label that says so.
        ideal = ideal or (self._noise is not None and (is_known or noisy_as is not None))
        for inner, inner_qubits, inner_clbits in self._parts(operation, qubits, clbits):
            self._append(target, inner, inner_qubits, inner_clbits, ideal=ideal)
        if noisy_as:
            self._append_noise(target, noisy_as, qubits)

    def _parts(
        self, operation: Operation, qubits: Sequence[Qubit], clbits: Sequence[Clbit]
    ) -> Iterator[tuple[Operation, Sequence[Qubit], Sequence[Clbit]]]:
        expansion = self._expansions.get(operation.name)
        if expansion is not None and _is_standard(operation):
            for name, angles in expansion(*operation.params):
                yield NamedGate(name, 1, list(angles)), qubits, ()
            return
        body = _definition(operation)
        place: dict[Any, Any] = dict(zip(body.qubits, qubits, strict=True))
        place |= dict(zip(body.clbits, clbits, strict=True))
        for one in body.data:
            yield one.operation, [place[q] for q in one.qubits], [place[c] for c in one.clbits]

    def _append_noise(self, target: QuantumCircuit, label: str, qubits: Sequence[Qubit]) -> None:
        """Append an identity that bears the name that noise is keyed by."""
        width = len(qubits)
        if "unitary" in self._native:
            target.append(UnitaryGate(np.eye(1 << width), label=label), qubits)
        elif width == 1:
            target.append(NamedGate("id", 1, [], label=label), qubits)
        elif width == 2:
            target.append(NamedGate("cx", 2, [], label=IDEAL_LABEL), qubits)
            target.append(NamedGate("cx", 2, [], label=label), qubits)
        else:
            raise UnsupportedError(
                f"the noise model has an error on {label!r}, which acts on {width} qubits and is "
                "not a gate of the stabilizer method: use method 'statevector'"
            )

    def _is_native(self, operation: Operation) -> bool:
        name = operation.name
        if name in _KEPT:
            return True
        if name not in self._native or operation.num_qubits > self._widest:
            return False
        if name == "initialize" and len(operation.params) != 1 << operation.num_qubits:
            return False  # Aer takes amplitudes, and knows labels and numbers in no block.
        if name == "pauli" and self._noise is not None and self._noise.key_of(operation):
            return False
        # A gate of the user's own may bear the name of a standard one and mean another.
        return not isinstance(operation, Gate) or _is_standard(operation)

    def _native_form(self, operation: Operation, *, ideal: bool) -> Operation:
        params = list(getattr(operation, "params", ()))
        is_bound = True
        for position, value in enumerate(params):
            if isinstance(value, ParameterExpression) and value.parameters:
                params[position] = self._slot(value)
                is_bound = False
        if is_bound and not ideal:
            return operation
        if isinstance(operation, Delay):
            raise UnsupportedError(
                "a delay has a parameter for its duration: give one pub for each duration"
            )
        if isinstance(operation, UnitaryGate):
            return UnitaryGate(params[0], label=IDEAL_LABEL)
        if not isinstance(operation, Gate):
            return operation
        # Not the gate's own class: of a ControlledGate Aer overlooks the parameters, and leaves
        # them at 0 without a word.
        label = IDEAL_LABEL if ideal else operation.label
        return NamedGate(operation.name, operation.num_qubits, params, label=label)

    def _slot(self, angle: ParameterExpression) -> Parameter:
        slot = Parameter(f"angle{len(self.slots)}")
        self.slots.append(slot)
        self.angles.append(angle)
        return slot


def _is_standard(operation: Operation) -> bool:
    """Whether a gate is what its name says; names that nobody knows say nothing."""
    return isinstance(operation, NamedGate) or is_named_rightly(operation)


def _definition(operation: Operation) -> QuantumCircuit:
    definition = getattr(operation, "definition", None)
    if definition is not None:
        return definition
    # The transpiler takes a quarter of a second to import, and few circuits need it.
    from qiskit import transpile

    holder = QuantumCircuit(operation.num_qubits)
    holder.append(operation, holder.qubits)
    try:
        return transpile(holder, basis_gates=_STANDARD, optimization_level=0)
    except QiskitError as error:
        raise UnsupportedError(
            f"instruction {operation.name!r} has no definition that could be run at every "
            f"parameter set: give it one, or bind its parameters ({error.message})"
        ) from error


def _unrolled_loop(loop: ForLoopOp) -> Iterator[QuantumCircuit]:
    """Write a loop over a parameter's values as its bodies, one after the other."""
    values, parameter, body = loop.params
    if _leaves_early(body.data):
        raise UnsupportedError(
            "a for loop that uses its own counter has a break or a continue in it, which cannot "
            "be simulated at several parameter sets: use a condition instead"
        )
    for value in values:
        yield body.assign_parameters({parameter: value}, strict=False)


def _leaves_early(instructions: Sequence[CircuitInstruction]) -> bool:
    for one in instructions:
        if one.name in ("break_loop", "continue_loop"):
            return True
        is_loop = one.name in ("for_loop", "while_loop")
        blocks = () if is_loop else getattr(one.operation, "blocks", ())
        if any(_leaves_early(block.data) for block in blocks):
            return True
    return False
