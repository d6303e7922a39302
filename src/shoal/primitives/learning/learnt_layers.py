"""Which layers of two-qubit gates circuits have, and on what qubits the noise of each may act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Operation

from ..errors import RequestError
from ..layer_noise import Gate
from ..mitigation.gate_groups import twirling_group
from ..mitigation.gate_layers import gate_layers, qubits_of, qubits_of_layers

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LearntLayer:
    """Two-qubit gates that run at the same time, whose noise is to be learnt."""

    gates: frozenset[Gate]
    instructions: tuple[tuple[Operation, tuple[int, ...]], ...]
    """The gates, and the qubits of each."""
    qubits: tuple[int, ...]
    """Where the noise may act, rising."""
    edges: tuple[Edge, ...]
    """Pairs of these qubits whose noise may be correlated."""
    width: int
    """Of the circuits."""


def learnt_layers(
    circuits: Iterable[QuantumCircuit], strategy: str, maximum: int | None
) -> tuple[LearntLayer, ...]:
    """Find the distinct layers of circuits, the most frequent ones first.

    Noise may be correlated on pairs of qubits that any gate of the circuits connects.

    Args:
        circuits: Of one width.
        strategy: IBM's name: which idle qubits belong to a layer.
        maximum: How many layers may be learnt; ``None``: any number.

    Raises:
        RequestError: There are more layers, or gates whose noise cannot be learnt.
    """
    held = list(circuits)
    widths = {circuit.num_qubits for circuit in held}
    if len(widths) != 1:
        raise RequestError(
            f"noise is learnt for circuits of one width, and these have {sorted(widths)} qubits: "
            "learn each width apart"
        )
    counts: Counter[frozenset[Gate]] = Counter()
    places: dict[frozenset[Gate], frozenset[int]] = {}
    found: dict[frozenset[Gate], tuple[tuple[Operation, tuple[int, ...]], ...]] = {}
    edges: set[Edge] = set()
    for circuit in held:
        layers = gate_layers(circuit)
        for layer, qubits in zip(layers, qubits_of_layers(circuit, strategy), strict=True):
            if not layer.gates:
                continue
            gates = frozenset((i.name, tuple(qubits_of(circuit, i))) for i in layer.gates)
            for item in layer.gates:
                _check_clifford(circuit, item)
                low, high = sorted(qubits_of(circuit, item))
                edges.add((low, high))
            counts[gates] += 1
            places[gates] = places.get(gates, qubits) & qubits
            held_gates = [(i.operation, tuple(qubits_of(circuit, i))) for i in layer.gates]
            found.setdefault(gates, tuple(sorted(held_gates, key=lambda pair: pair[1])))
    if not counts:
        raise RequestError("there is no noise to learn: the circuits have no two-qubit gates")
    if maximum is not None and len(counts) > maximum:
        raise RequestError(
            f"the circuits have {len(counts)} distinct layers of two-qubit gates, and "
            f"max_layers_to_learn is {maximum}: raise it, or write the circuits with fewer"
        )
    (width,) = widths
    return tuple(
        LearntLayer(
            gates,
            found[gates],
            tuple(sorted(places[gates])),
            tuple(sorted(e for e in edges if places[gates].issuperset(e))),
            width,
        )
        for gates, _ in counts.most_common()
    )


def _check_clifford(circuit: QuantumCircuit, item: CircuitInstruction) -> None:
    group = twirling_group(item.operation)
    if item.operation.params or group is None or len(group[0]) < 16:
        raise RequestError(
            f"the noise of {item.name!r} in circuit {circuit.name!r} cannot be learnt: layers are "
            "repeated between Paulis, which takes Clifford gates without parameters (cx, cz, ecr, "
            "swap, iswap); transpile the circuit to one of them"
        )
