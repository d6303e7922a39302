"""Noise amplification by folding: gates that undo themselves, and barriers so that they stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ControlFlowOp, Gate

from ..errors import RequestError

FOLDED_GATES = frozenset(
    {"cx", "cy", "cz", "ecr", "swap", "iswap", "dcx", "rzz", "rxx", "ryy", "rzx"}
)
"""Two-qubit gates that are folded: those in which the noise of a device lies."""

UNMOVED = frozenset({"barrier", "delay", "id"})


UNFOLDED = frozenset({"pea", "noise_scaling"})
"""Amplifiers that leave the circuit as it is: Paulis are injected, or simulated noise is scaled."""

Choose = Callable[[int, int], NDArray[np.int64]]
"""From the number of gates, and how many of them are folded once more, to their positions."""


@dataclass(frozen=True, slots=True, eq=False)
class Amplified:
    """A circuit that does the same with more noise."""

    circuit: QuantumCircuit
    factor: float
    """The effective noise factor: what the circuit really has, of what was asked for."""


def amplify(circuit: QuantumCircuit, factor: float, amplifier: str, seed: int) -> Amplified:
    """Amplify a circuit's noise.

    Args:
        circuit: Any circuit, parametrised or not.
        factor: The noise factor wanted, at least 1.
        amplifier: ``gate_folding``, ``gate_folding_front``, ``gate_folding_back``,
            ``global_folding`` or ``identity_insertion``.
        seed: Chooses the gates of the remainder in ``gate_folding``.

    Returns:
        The circuit and its effective factor; the circuit itself at factor 1.

    Raises:
        RequestError: The factor is below 1, or there is nothing to fold.
    """
    if not factor >= 1:
        raise RequestError(
            f"noise factor {factor:g} is below 1: noise can be amplified, not taken away"
        )
    if amplifier == "global_folding":
        return fold_globally(circuit, factor)
    if amplifier == "identity_insertion":
        return insert_identities(circuit, factor)
    choices: dict[str, Choose] = {
        "gate_folding": lambda gates, extra: np.random.Generator(
            np.random.Philox(seed)
        ).permutation(gates)[:extra],
        "gate_folding_front": lambda gates, extra: np.arange(extra),
        "gate_folding_back": lambda gates, extra: np.arange(gates - extra, gates),
    }
    return fold_gates(circuit, factor, choices[amplifier])


def fold_gates(circuit: QuantumCircuit, factor: float, choose: Choose) -> Amplified:
    """Replace two-qubit gates ``U`` by ``U (U^-1 U)^k``.

    Args:
        circuit: The circuit.
        factor: The noise factor wanted.
        choose: Picks the gates that are folded once more than the others.

    Returns:
        The folded circuit, with the mean number of gates that each gate has become.
    """
    _refuse_control_flow(circuit)
    foldable = [place for place, item in enumerate(circuit.data) if item.name in FOLDED_GATES]
    if not foldable:
        raise RequestError(
            f"gate folding finds no two-qubit gate among {sorted(circuit.count_ops())} (it folds "
            f"{', '.join(sorted(FOLDED_GATES))}): there is no noise to amplify; transpile the "
            "circuit first, or choose the amplifier 'global_folding'"
        )
    folds, extra = _folds(len(foldable), factor)
    chosen = {foldable[int(place)] for place in choose(len(foldable), extra)}
    amplified = circuit.copy_empty_like()
    for place, item in enumerate(circuit.data):
        amplified._append(item)
        if item.name in FOLDED_GATES:
            _append_folds(amplified, item, folds + (place in chosen))
    return Amplified(amplified, 1.0 + 2.0 * (folds + extra / len(foldable)))


def fold_globally(circuit: QuantumCircuit, factor: float) -> Amplified:
    """Run the whole circuit back and forth, and its last gates once more for the remainder.

    Raises:
        RequestError: The circuit is not unitary before its final measurements.
    """
    _refuse_control_flow(circuit)
    body, tail = _unitary_body(circuit)
    gates = [item for item in body if item.name not in UNMOVED]
    if not gates:
        raise RequestError("global folding finds no gate to fold")
    folds, extra = _folds(len(gates), factor)
    amplified = circuit.copy_empty_like()
    amplified.global_phase = circuit.global_phase
    for item in body:
        amplified._append(item)
    for last in [gates] * folds + ([gates[-extra:]] if extra else []):
        for item in reversed(last):
            _barrier(amplified)
            amplified.append(_inverse(item), item.qubits)
        for item in last:
            _barrier(amplified)
            amplified._append(item)
    _barrier(amplified)
    for item in tail:
        amplified._append(item)
    return Amplified(amplified, 1.0 + 2.0 * (folds + extra / len(gates)))


def insert_identities(circuit: QuantumCircuit, factor: float) -> Amplified:
    """Let idle gates follow each layer of gates, evenly spread over the circuit.

    It amplifies the noise of time and of ``id`` gates; the factor counts layers.
    """
    _refuse_control_flow(circuit)
    body, tail = _unitary_body(circuit)
    layers = _layers(circuit, body)
    if not layers:
        raise RequestError("identity insertion finds no layer of gates")
    inserted = max(round((factor - 1.0) * len(layers)), int(factor > 1.0))
    active = sorted({circuit.find_bit(q).index for item in body for q in item.qubits})
    amplified = circuit.copy_empty_like()
    for number, layer in enumerate(layers):
        for item in layer:
            amplified._append(item)
        before, after = (inserted * n // len(layers) for n in (number, number + 1))
        for _ in range(after - before):
            _barrier(amplified)
            for qubit in active:
                amplified.id(qubit)
            _barrier(amplified)
    for item in tail:
        amplified._append(item)
    return Amplified(amplified, 1.0 + inserted / len(layers))


def _folds(gates: int, factor: float) -> tuple[int, int]:
    """Return how often every gate is folded, and how many gates once more."""
    folds, remainder = divmod(factor - 1.0, 2.0)
    wanted = remainder / 2.0 * gates
    if wanted < 1e-9:
        return int(folds), 0
    extra = max(1, round(wanted))
    return (int(folds) + 1, 0) if extra == gates else (int(folds), extra)


def _append_folds(circuit: QuantumCircuit, item: CircuitInstruction, folds: int) -> None:
    if not folds:
        return
    inverse = _inverse(item)
    for _ in range(folds):
        circuit.barrier(item.qubits)
        circuit.append(inverse, item.qubits)
        circuit.barrier(item.qubits)
        circuit._append(item)
    circuit.barrier(item.qubits)


def _inverse(item: CircuitInstruction) -> Gate:
    """Return the inverse under the same name where there is one, so that its noise is the same."""
    inverse = item.operation.inverse()
    if item.name in {"ecr", "cx", "cy", "cz", "swap"}:
        return item.operation
    return inverse


def _barrier(circuit: QuantumCircuit) -> None:
    circuit.barrier(range(circuit.num_qubits))


def _refuse_control_flow(circuit: QuantumCircuit) -> None:
    found = sorted(
        {item.name for item in circuit.data if isinstance(item.operation, ControlFlowOp)}
    )
    if found:
        raise RequestError(
            f"noise amplification cannot treat {', '.join(found)}: gates inside of it would keep "
            "their noise; write the circuit without control flow or boxes, or switch ZNE off"
        )


def _unitary_body(
    circuit: QuantumCircuit,
) -> tuple[list[CircuitInstruction], list[CircuitInstruction]]:
    """Split off the final measurements; refuse what cannot be run backwards before them."""
    body: list[CircuitInstruction] = []
    tail: list[CircuitInstruction] = []
    for item in circuit.data:
        if item.name == "measure":
            tail.append(item)
        elif item.name in UNMOVED or not tail:
            (tail if tail else body).append(item)
        else:
            raise RequestError(
                f"global folding and identity insertion need all measurements at the end: "
                f"{item.name!r} follows a measurement; use the amplifier 'gate_folding'"
            )
    for item in body:
        if item.name not in UNMOVED and not isinstance(item.operation, Gate):
            raise RequestError(
                f"global folding and identity insertion cannot treat {item.name!r}, which has no "
                "inverse; use the amplifier 'gate_folding'"
            )
    return body, tail


def _layers(
    circuit: QuantumCircuit, body: list[CircuitInstruction]
) -> list[list[CircuitInstruction]]:
    """Group gates into layers, each as early as its qubits allow."""
    depth = [0] * circuit.num_qubits
    layers: list[list[CircuitInstruction]] = []
    for item in body:
        if item.name in UNMOVED:
            continue
        qubits = [circuit.find_bit(q).index for q in item.qubits]
        level = max((depth[q] for q in qubits), default=0)
        if level == len(layers):
            layers.append([])
        layers[level].append(item)
        for qubit in qubits:
            depth[qubit] = level + 1
    return layers
