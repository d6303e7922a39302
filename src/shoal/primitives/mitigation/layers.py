"""The noise of a layer of a circuit, found among what is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import RequestError
from ..layer_noise import Gate, LayerNoise
from .pauli_lindblad import PauliLindblad


def noise_of_layer(
    gates: frozenset[Gate], known: Sequence[LayerNoise], qubits: Sequence[int], width: int
) -> PauliLindblad:
    """Return the noise of a layer: its own, or else that of its gates one by one.

    Args:
        gates: The layer's two-qubit gates.
        known: All noise that is known.
        qubits: The qubits of the layer, in the order of the labels to return.
        width: The width of the circuit.

    Raises:
        RequestError: No noise is known for one of the gates, or it acts outside of the circuit.
    """
    whole = [number for number, one in enumerate(known) if one.gates == gates]
    parts = whole[:1] or [_of_gate(gate, known) for gate in sorted(gates)]
    firsts = np.cumsum([0, *(len(one.rates) for one in known)]).tolist()
    place = {qubit: position for position, qubit in enumerate(qubits)}
    rates: dict[str, float] = {}
    sources: dict[str, tuple[int, ...]] = {}
    for part in parts:
        pairs = zip(known[part].generators, known[part].rates, strict=True)
        for number, ((paulis, where), rate) in enumerate(pairs, firsts[part]):
            if outside := [qubit for qubit in where if qubit not in place]:
                raise RequestError(
                    f"the noise of layer {sorted(gates)} acts on qubits {outside}; the layer has "
                    f"qubits {sorted(qubits)} of a circuit of {width}: twirl more of them "
                    "(twirling.strategy='all'), or give noise of the right width"
                )
            letters = ["I"] * len(qubits)
            for pauli, qubit in zip(paulis, where, strict=True):
                letters[len(qubits) - 1 - place[qubit]] = pauli
            label = "".join(letters)
            rates[label] = rates.get(label, 0.0) + rate
            sources[label] = (*sources.get(label, ()), number)
    values = np.array(list(rates.values()), dtype=np.float64)
    return PauliLindblad(tuple(rates), values, tuple(sources.values()))


def _of_gate(gate: Gate, known: Sequence[LayerNoise]) -> int:
    for number, one in enumerate(known):
        if one.gates == {gate}:
            return number
    listed = "; ".join(str(sorted(one.gates)) for one in known)
    raise RequestError(
        f"no noise is known for {gate[0]!r} on qubits {list(gate[1])}; the option "
        f"resilience.layer_noise_model has noise for: {listed}"
    )
