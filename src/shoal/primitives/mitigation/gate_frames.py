"""Random Paulis around layers of two-qubit gates, as gates of their own that suffer no noise.

For simulators with a noise model: every gate of the user's stays as it was written, and with it the
noise that its name is keyed by. (Where no noise is simulated, `twirling` merges the Paulis into the
gates around them, as a compiler for hardware does.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ParameterVector

from ..layer_noise import Gate, LayerNoise
from ..observables import FloatArray
from .draws import Draws
from .frames import append_frame
from .gate_groups import PauliBits, twirling_group
from .gate_layers import GateLayer, gate_layers, qubits_of, qubits_of_layers
from .layers import noise_of_layer
from .pauli_lindblad import PauliLindblad
from .uncertain_rates import UncertainRates

FRAME_NAMES = "shoal_gate_frame_x", "shoal_gate_frame_z"
BITS_OF_CODE = np.array([0, 1, 3, 2], dtype=np.uint8)
"""Of I, X, Y, Z as codes 0 to 3: bits whose XOR is the product."""


@dataclass(frozen=True, slots=True, eq=False)
class FramedGate:
    """One two-qubit gate of a layer, and the frames around it."""

    before: PauliBits
    """What may come before it [G, 2]."""
    after: PauliBits
    """What must then come after it [G, 2]."""
    slots_before: tuple[int, ...]
    slots_after: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FramedLayer:
    """Gates that run at the same time, and their noise where it is known."""

    gates: tuple[FramedGate, ...]
    noise: PauliLindblad | None
    noise_slots: tuple[int, ...]
    """The frame behind the layer of each qubit of the noise, the highest one first."""


@dataclass(frozen=True, slots=True, eq=False)
class FramedLayers:
    """A template whose parameters choose the Paulis around every layer."""

    circuit: QuantumCircuit
    layers: tuple[FramedLayer, ...]
    num_slots: int
    columns: NDArray[np.int64] = field(repr=False)
    """Of each parameter, in the original circuit's rows followed by the angles of x and of z."""
    uncertain: UncertainRates | None = None
    """Those rates of the layers' noise that have an error."""

    @property
    def gamma(self) -> float:
        """The cost of cancelling the noise of all layers."""
        return float(np.prod([one.noise.gamma for one in self.layers if one.noise is not None]))

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
        generator = np.random.Generator(np.random.Philox(seed))
        frames = np.zeros((randomizations, self.num_slots), dtype=np.uint8)
        signs = np.ones(randomizations, dtype=np.int64)
        scores = None
        if scale and self.uncertain is not None:
            scores = self.uncertain.no_scores(randomizations)
        for layer in self.layers:
            for gate in layer.gates:
                drawn = generator.integers(0, len(gate.before), randomizations)
                # A slot may serve two gates of different layers, never two of one.
                frames[:, gate.slots_before] ^= gate.before[drawn]
                frames[:, gate.slots_after] ^= gate.after[drawn]
            if layer.noise is not None and scale:
                noise = layer.noise.scaled(scale)
                inserted = noise.insertions(generator, randomizations)
                paulis, sign = noise.inserted(inserted)
                if scores is not None and self.uncertain is not None:
                    self.uncertain.add_scores(scores, layer.noise, scale, inserted)
                frames[:, layer.noise_slots] ^= BITS_OF_CODE[paulis]
                signs *= sign
        given = np.broadcast_to(row, (randomizations, row.size))
        turned = [np.where(frames & bit, np.pi, 0.0) for bit in (1, 2)]
        return Draws(np.concatenate([given, *turned], axis=1)[:, self.columns], signs, scores)


def framed_layers(
    circuit: QuantumCircuit, strategy: str, noise: Sequence[LayerNoise] = ()
) -> FramedLayers:
    """Put every layer of two-qubit gates between random Paulis that cancel.

    Args:
        circuit: Without control flow.
        strategy: IBM's name: which idle qubits belong to a layer, so that its noise may act there.
        noise: Known noise of layers, to be injected; none where gates are twirled only.

    Raises:
        RequestError: The circuit cannot be twirled, or the noise of one of its layers is not known.
    """
    return _Framing(circuit, strategy, noise).framed()


class _Framing:
    def __init__(self, circuit: QuantumCircuit, strategy: str, noise: Sequence[LayerNoise]) -> None:
        self._circuit, self._noise = circuit, noise
        self._levels = gate_layers(circuit)
        self._places = qubits_of_layers(circuit, strategy)
        self._target = circuit.copy_empty_like()
        bound = 4 * sum(len(level.gates) for level in self._levels)
        bound += circuit.num_qubits * len(self._levels) if noise else 0
        self._x, self._z = (ParameterVector(name, bound) for name in FRAME_NAMES)
        self._open: dict[int, int] = {}
        """The frame of each qubit that nothing follows yet."""
        self._num_slots = 0

    def framed(self) -> FramedLayers:
        framed = map(self._append_level, self._levels, self._places)
        layers = [one for one in framed if one.gates]
        used = self._num_slots
        known = [*self._circuit.parameters, *self._x[:used], *self._z[:used]]
        column = {parameter: place for place, parameter in enumerate(known)}
        columns = np.array([column[one] for one in self._target.parameters], dtype=np.int64)
        uncertain = UncertainRates.of(self._noise)
        return FramedLayers(self._target, tuple(layers), used, columns, uncertain)

    def _append_level(self, level: GateLayer, places: frozenset[int]) -> FramedLayer:
        for item in level.before:
            self._target._append(item)
            if item.name != "barrier":
                for qubit in self._qubits(item):
                    self._open.pop(qubit, None)
        groups = [twirling_group(item.operation) for item in level.gates]
        slots_before = [self._slots(item) for item in level.gates]
        for item in level.gates:
            self._target._append(item)
            for qubit in self._qubits(item):
                self._open.pop(qubit, None)
        gates = []
        for group, slots, item in zip(groups, slots_before, level.gates, strict=True):
            assert group is not None
            gates.append(FramedGate(*group, slots, self._slots(item)))
        return self._with_noise(level, tuple(gates), places)

    def _with_noise(
        self, level: GateLayer, gates: tuple[FramedGate, ...], places: frozenset[int]
    ) -> FramedLayer:
        if not self._noise or not level.gates:
            return FramedLayer(gates, None, ())
        names: frozenset[Gate] = frozenset(
            (item.name, tuple(self._qubits(item))) for item in level.gates
        )
        qubits = sorted(places)
        noise = noise_of_layer(names, self._noise, qubits, self._circuit.num_qubits)
        acting = _qubits_acted_on(noise, qubits)
        if not acting:
            return FramedLayer(gates, None, ())
        narrowed = _narrowed(noise, qubits, acting)
        slots = tuple(self._slot(qubit) for qubit in reversed(acting))
        return FramedLayer(gates, narrowed, slots)

    def _slots(self, item: CircuitInstruction) -> tuple[int, ...]:
        return tuple(self._slot(qubit) for qubit in self._qubits(item))

    def _slot(self, qubit: int) -> int:
        """Return the frame that a qubit stands in, a new one where something followed the last."""
        if qubit not in self._open:
            slot = self._open[qubit] = self._num_slots
            self._num_slots += 1
            append_frame(self._target, self._x[slot], self._z[slot], qubit)
        return self._open[qubit]

    def _qubits(self, item: CircuitInstruction) -> list[int]:
        return qubits_of(self._circuit, item)


def _qubits_acted_on(noise: PauliLindblad, qubits: Sequence[int]) -> list[int]:
    width = len(qubits)
    return [
        qubit
        for place, qubit in enumerate(qubits)
        if any(label[width - 1 - place] != "I" for label in noise.generators)
    ]


def _narrowed(noise: PauliLindblad, qubits: Sequence[int], kept: Sequence[int]) -> PauliLindblad:
    """Write noise on some of its qubits, all that it acts on."""
    places = [len(qubits) - 1 - qubits.index(qubit) for qubit in reversed(kept)]
    labels = tuple("".join(label[place] for place in places) for label in noise.generators)
    return PauliLindblad(labels, noise.rates, noise.sources)
