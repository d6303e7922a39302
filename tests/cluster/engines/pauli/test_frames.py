"""Rows that differ in Pauli frames alone have one state, and what is read is what it was."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer.noise import NoiseModel, amplitude_damping_error, depolarizing_error, pauli_error

from shoal.cluster.engines.noise import Noise, read_noise
from shoal.cluster.engines.pauli.circuit import NATIVE, PauliCircuit, Turn, pauli_circuit
from shoal.cluster.engines.pauli.evolution import components
from shoal.cluster.engines.pauli.frames import without_frames
from shoal.cluster.engines.pauli.tape import make_tape
from shoal.cluster.engines.templates import unrolled_template
from shoal.cluster.engines.unroller import NamedGate, UnrollerRules
from shoal.primitives.method_costs import SINGLE_QUBITS
from shoal.primitives.mitigation.gate_frames import framed_layers
from shoal.primitives.noise import IDEAL_LABEL

WIDTH = SINGLE_QUBITS
EVERY_PRODUCT = np.arange(4**WIDTH, dtype=np.int64)


def pauli_noise() -> Noise:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("IX", 0.02), ("YZ", 0.05), ("II", 0.93)]), "cx")
    model.add_all_qubit_quantum_error(depolarizing_error(0.03, 1), ["sx", "t"])
    return read_noise(model)


def damping() -> Noise:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["sx"])
    return read_noise(model)


class Scramble:
    """A circuit of all kinds of operations, with frames wherever they are asked for."""

    def __init__(self) -> None:
        self.circuit = QuantumCircuit(WIDTH)
        self.count = 0

    def angle(self) -> Parameter:
        self.count += 1
        return Parameter(f"p{self.count:03d}")

    def frames(self) -> None:
        for qubit in range(WIDTH):
            for name in ("rz", "rx", "ry"):
                self.circuit.append(NamedGate(name, 1, [self.angle()], label=IDEAL_LABEL), [qubit])

    def layer(self, first: int) -> None:
        for qubit in range(WIDTH):
            self.circuit.ry(0.3 * qubit + first, qubit)
            self.circuit.sx(qubit)
            self.circuit.rz(2.0 - qubit, qubit)
        for qubit in range(first, WIDTH - 1, 2):
            self.circuit.cx(qubit + 1, qubit)
        self.circuit.rzx(0.4, 0, WIDTH - 1)
        self.circuit.ecr(1, 3)


def translated(
    circuit: QuantumCircuit, noise: Noise | None, *, keeps_frames: bool = True
) -> PauliCircuit:
    rules = UnrollerRules(NATIVE, frozenset(), noise, {}, drops_resets=False, widest=2)
    template, qubits = unrolled_template(circuit, rules), tuple(range(circuit.num_qubits))
    return pauli_circuit(template, qubits, noise, qubits, keeps_frames=keeps_frames)


def scrambled(rng, rows: int) -> tuple[QuantumCircuit, np.ndarray]:
    scramble = Scramble()
    for layer in range(2):
        scramble.layer(layer)
        scramble.frames()
    scramble.layer(0)
    scramble.frames()
    return scramble.circuit, np.pi * rng.integers(0, 2, (rows, scramble.count))


def test_components_are_those_of_the_framed_circuit(rng):
    circuit, rows = scrambled(rng, 12)
    framed = translated(circuit, pauli_noise())
    bare = translated(circuit, pauli_noise(), keeps_frames=False)
    angles = framed.angles(rows)

    unframed = without_frames(framed, angles)
    found = components(make_tape(bare), unframed.angles, EVERY_PRODUCT, 1)
    found *= unframed.signs(EVERY_PRODUCT)

    assert unframed.is_free.all()
    assert not bare.has_frames
    expected = components(make_tape(framed), angles, EVERY_PRODUCT, 1)
    np.testing.assert_allclose(found, expected, atol=1e-13)
    assert np.mean(np.abs(found) > 1e-6) > 0.9


def test_frames_do_not_pass_what_is_not_clifford_or_not_pauli(rng):
    circuit, rows = scrambled(rng, 6)
    circuit.t(0)
    some = rows.copy()
    some[:2] = 0

    for noise in (pauli_noise(), damping()):
        framed = translated(circuit, noise)
        is_free = without_frames(framed, framed.angles(some)).is_free

        assert is_free[:2].all()
        assert not is_free[2:].all()


def test_other_angles_than_0_and_pi_are_no_frames(rng):
    circuit, rows = scrambled(rng, 3)
    rows[1, 7] = np.nextafter(np.pi, 0)
    framed = translated(circuit, None)

    assert without_frames(framed, framed.angles(rows)).is_free.tolist() == [True, False, True]


def test_a_parameter_of_the_users_own_is_no_frame():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    circuit.append(NamedGate("rx", 1, [2 * Parameter("b")], label=IDEAL_LABEL), [0])
    turns = translated(circuit, None).operations[0].factors

    assert [one.is_frame for one in turns if isinstance(one, Turn)] == [False, False]


def test_a_twirled_circuit_has_one_state_and_no_folds():
    circuit = QuantumCircuit(4)
    for layer in range(2):
        for qubit in range(4):
            circuit.rz(0.3 + qubit, qubit)
            circuit.sx(qubit)
        for qubit in range(layer, 3, 2):
            for _ in range(3):
                circuit.cx(qubit, qubit + 1)
    framed = framed_layers(circuit, "active")
    rows = framed.sample(np.zeros(0), 50, np.random.SeedSequence(2), 0.0).parameters
    once = translated(framed.circuit, pauli_noise())

    unframed = without_frames(once, once.angles(rows))

    assert unframed.is_free.all()
    assert len(unframed.states[0]) == 1
    bare = translated(framed.circuit, pauli_noise(), keeps_frames=False)
    assert sum(hasattr(one, "low") for one in bare.operations) == 3


@pytest.mark.parametrize("noise", [pauli_noise, damping])
def test_a_row_alone_has_the_bits_that_it_has_in_company(rng, noise):
    circuit, rows = scrambled(rng, 1)
    circuit.unitary(np.eye(4)[[0, 2, 1, 3]] * np.exp(0.2j), [1, 0])
    framed = translated(circuit, noise())
    tape = make_tape(framed)
    angles = framed.angles(rows) + rng.normal(size=framed.angles(rows).shape)

    alone = components(tape, angles, EVERY_PRODUCT, 1)
    together = components(tape, np.repeat(angles, 8, axis=0), EVERY_PRODUCT, 1)

    for row in together:
        assert row.tobytes() == alone[0].tobytes()
