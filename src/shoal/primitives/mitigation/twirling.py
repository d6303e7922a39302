"""Twirled gates and injected Pauli noise, by samplomatic: the one module that knows it.

A circuit becomes one template and, for each randomization, one row of its parameters; what is
shipped to workers is the template and numbers, never bound circuits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import PauliLindbladMap

from ..errors import RequestError, UnsupportedError
from ..layer_noise import LayerNoise
from ..observables import FloatArray
from .draws import Draws
from .layers import noise_of_layer
from .pauli_lindblad import PauliLindblad
from .uncertain_rates import UncertainRates

QUARTER, SNAP = np.pi / 2, 1e-6
"""Angles come in single precision; quarter turns, as frames have them, are made exact."""


@dataclass(frozen=True, slots=True, eq=False)
class TwirledCircuit:
    """A template and what draws its parameters."""

    circuit: QuantumCircuit
    samplex: Any = field(repr=False)
    noise: Mapping[str, PauliLindblad]
    """The noise of each kind of layer."""
    layers: tuple[str, ...]
    """The kind of every noisy layer, in the order of the circuit."""
    uncertain: UncertainRates | None = None
    """Those rates of the layers' noise that have an error."""

    @property
    def gamma(self) -> float:
        """The cost of cancelling the noise of all layers."""
        return float(np.prod([self.noise[kind].gamma for kind in self.layers]))

    def sample(
        self, row: FloatArray, randomizations: int, seed: np.random.SeedSequence, scale: float
    ) -> Draws:
        """Draw randomizations of one point.

        Args:
            row: Parameters of the original circuit [P].
            randomizations: How many.
            seed: Of this point.
            scale: How much of the layers' noise is injected; -1 cancels it.
        """
        scores = self._scores(seed, randomizations, scale)
        inputs = self.samplex.inputs()
        if row.size:
            inputs = inputs.bind(parameter_values=row)
        for kind, noise in self.noise.items():
            channel = PauliLindbladMap.from_list(
                list(zip(noise.generators, noise.rates.tolist(), strict=True))
            )
            inputs = inputs.bind(
                pauli_lindblad_maps={kind: channel}, noise_scales={kind: float(scale)}
            )
        generator = np.random.Generator(np.random.Philox(seed))
        drawn = self.samplex.sample(inputs, num_randomizations=randomizations, rng=generator)
        signs = np.ones(randomizations, dtype=np.int64)
        if self.noise and scale < 0:
            negative = np.asarray(drawn["pauli_signs"]).reshape(randomizations, -1).sum(axis=1) % 2
            signs -= 2 * negative.astype(np.int64)
        if not self.circuit.num_parameters:
            return Draws(np.zeros((randomizations, 0)), signs, scores)
        rows = _snapped(np.asarray(drawn["parameter_values"], dtype=np.float64))
        return Draws(rows, signs, scores)

    def _scores(
        self, seed: np.random.SeedSequence, randomizations: int, scale: float
    ) -> FloatArray | None:
        """Find out which Paulis the same seed lets samplomatic insert, and what that says of rates.

        It tells their product only. So they are drawn once more, by the same random numbers, each
        with an X on a qubit of its own.
        """
        if self.uncertain is None or not self.noise or not scale:
            return None
        from samplomatic.samplex.nodes import InjectNoiseNode

        scores = self.uncertain.no_scores(randomizations)
        nodes = self.samplex._sampling_nodes
        same = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key)
        children = np.random.Generator(np.random.Philox(same)).spawn(len(nodes))
        for node, child in zip(nodes, children, strict=True):
            if isinstance(node, InjectNoiseNode):
                noise = self.noise[node._noise_ref]
                word = child.bit_generator.random_raw()
                inserted = inserted_generators(noise, randomizations, word, scale)
                self.uncertain.add_scores(scores, noise, scale, inserted)
        return scores


def inserted_generators(
    noise: PauliLindblad, samples: int, seed: int, scale: float
) -> NDArray[np.bool_]:
    """Return which generators Qiskit's map inserts when it draws with a seed [samples, K].

    Args:
        noise: Of a layer.
        samples: How many.
        seed: Of the map's random numbers.
        scale: Of the rates.
    """
    width, count = len(noise.generators[0]), len(noise.generators)
    tagged = [
        (paulis + "X", (*places, width + number), rate)
        for number, (label, rate) in enumerate(zip(noise.generators, noise.rates, strict=True))
        for places in [[q for q in range(width) if label[width - 1 - q] != "I"]]
        for paulis in ["".join(label[width - 1 - q] for q in places)]
    ]
    channel = PauliLindbladMap.from_sparse_list(tagged, num_qubits=width + count)
    _, drawn = channel.parity_sample(samples, seed, scale=scale)
    return np.asarray(drawn.to_dense_array()[:, width:] != 0)


def twirled(
    circuit: QuantumCircuit, strategy: str, noise: Sequence[LayerNoise] = ()
) -> TwirledCircuit:
    """Put every layer of two-qubit gates between random Paulis that cancel.

    Args:
        circuit: Without control flow.
        strategy: IBM's name: which idle qubits are twirled along with a layer.
        noise: Known noise of layers, to be injected; none where gates are twirled only.

    Raises:
        RequestError: The circuit cannot be twirled, or the noise of one of its layers is not known.
        UnsupportedError: samplomatic is not installed.
    """
    try:
        from samplomatic import build
        from samplomatic.transpiler import generate_boxing_pass_manager
    except ImportError as error:
        raise UnsupportedError(
            "twirling gates, PEC and PEA need samplomatic: pip install 'shoal[twirling]'"
        ) from error
    boxing = generate_boxing_pass_manager(
        enable_gates=True,
        enable_measures=False,
        twirling_strategy=strategy.replace("-", "_"),
        twirling_group="local_pauli",
        inject_noise_targets="gates" if noise else "none",
        inject_noise_strategy="uniform_modification" if noise else "no_modification",
    )
    try:
        boxed = boxing.run(_translated(circuit))
        template, samplex = build(boxed)
    except Exception as error:
        raise RequestError(
            f"circuit {circuit.name!r} cannot be twirled: {error}. Twirling takes gates on one and "
            "two qubits, without control flow: transpile the circuit to such gates, or switch "
            "twirling.enable_gates off"
        ) from error
    if not noise:
        return TwirledCircuit(template, samplex, {}, ())
    kinds, found = _noise_of_boxes(boxed, noise)
    return TwirledCircuit(template, samplex, found, kinds, UncertainRates.of(noise))


def _noise_of_boxes(
    boxed: QuantumCircuit, noise: Sequence[LayerNoise]
) -> tuple[tuple[str, ...], dict[str, PauliLindblad]]:
    """Find the noise of every box that has two-qubit gates, on the box' own qubits."""
    kinds: list[str] = []
    found: dict[str, PauliLindblad] = {}
    for item in boxed.data:
        annotations = getattr(item.operation, "annotations", ())
        refs = [one.ref for one in annotations if hasattr(one, "ref")]
        if not refs:
            continue
        (kind,) = refs
        kinds.append(kind)
        if kind not in found:
            qubits = [boxed.find_bit(qubit).index for qubit in item.qubits]
            gates = frozenset(
                (
                    inner.name,
                    tuple(qubits[item.operation.body.find_bit(q).index] for q in inner.qubits),
                )
                for inner in item.operation.body.data
                if len(inner.qubits) == 2 and inner.name != "barrier"
            )
            found[kind] = noise_of_layer(gates, noise, qubits, boxed.num_qubits)
    return tuple(kinds), found


def _translated(circuit: QuantumCircuit) -> QuantumCircuit:
    """Write parametrised one-qubit gates in rz and sx, the ones that samplomatic merges.

    Two-qubit gates stay as they are, and with them the noise that belongs to them.
    """
    kept = {item.name for item in circuit.data if len(item.qubits) != 1} - {"barrier"}
    single = {item.name for item in circuit.data if len(item.qubits) == 1 and item.params}
    if single <= {"rz", "rx"} or not circuit.parameters:
        return circuit
    fixed = {item.name for item in circuit.data if len(item.qubits) == 1 and not item.params}
    gates = (kept | fixed | {"rz", "sx"}) - {"barrier", "measure", "reset"}
    return transpile(circuit, basis_gates=sorted(gates), optimization_level=0)


def _snapped(angles: FloatArray) -> FloatArray:
    turns = np.rint(angles / QUARTER) * QUARTER
    return np.where(np.abs(angles - turns) < SNAP, turns, angles)
