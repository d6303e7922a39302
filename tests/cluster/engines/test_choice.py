import subprocess
import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    amplitude_damping_error,
    depolarizing_error,
)
from tests.primitives.requests import estimator_request, sampler_request

from shoal.cluster.engines.choice import check, choose
from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.expansion import expand

DAMPING = amplitude_damping_error(0.01).tensor(amplitude_damping_error(0.01))


def layered(width: int, layers: int = 1) -> QuantumCircuit:
    """Rotations by parameters and a chain of CX."""
    angles = ParameterVector("t", width)
    circuit = QuantumCircuit(width)
    for _ in range(layers):
        for qubit in range(width):
            circuit.ry(angles[qubit], qubit)
        for qubit in range(width - 1):
            circuit.cx(qubit, qubit + 1)
    return circuit


def mixing(width: int) -> QuantumCircuit:
    """As entangled as it gets: every pair, in both directions."""
    circuit = layered(width)
    for distance in range(1, width):
        for qubit in range(width - distance):
            circuit.cry(0.1, qubit, qubit + distance)
    return circuit


def depolarizing() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    return model


def asked(circuit: QuantumCircuit, rows: int = 2, precision: float = 0.0, **options):
    values = np.full((rows, circuit.num_parameters), 0.3)
    term = "X" + "I" * (circuit.num_qubits - 2) + "X"
    pub = (0, [{term: 1.0}], values[:, None], precision)
    return estimator_request([circuit], [pub], **options)


def chosen(request) -> str:
    workload = expand(request)
    found = choose(request, workload, workload.programs[0])
    assert found.reason
    return f"{found.engine} {found.method}"


@pytest.mark.parametrize(
    ("request_of", "expected"),
    [
        (lambda: asked(layered(4)), "batched statevector"),
        (lambda: asked(layered(16), rows=1), "batched statevector"),
        (lambda: asked(layered(18, 6), rows=1), "aer statevector"),
        (lambda: asked(layered(18, 6), rows=8), "batched statevector"),
        (lambda: asked(layered(24, 6)), "aer statevector"),
        (lambda: asked(layered(18, 2), rows=1), "batched matrix_product_state"),
        (lambda: asked(layered(16, 2), rows=1), "batched statevector"),
        (lambda: asked(layered(40, 5), rows=8), "batched matrix_product_state"),
        (lambda: asked(layered(40, 5), rows=7), "aer matrix_product_state"),
        (lambda: asked(layered(24, 2), precision=0.1), "aer statevector"),
        (lambda: asked(layered(24, 2), simulator={"precision": "single"}), "aer statevector"),
        (lambda: asked(layered(127)), "batched matrix_product_state"),
        (lambda: asked(layered(127), precision=0.1), "aer matrix_product_state"),
        (lambda: asked(layered(4), simulator={"method": "stabilizer"}), None),
        (lambda: asked(layered(4), execution={"engine": "aer"}), "aer statevector"),
        (
            lambda: asked(layered(4), simulator={"method": "matrix_product_state"}),
            "batched matrix_product_state",
        ),
        (
            lambda: asked(
                layered(4),
                simulator={"method": "matrix_product_state"},
                execution={"engine": "aer"},
            ),
            "aer matrix_product_state",
        ),
        (
            lambda: asked(
                layered(4), simulator={"method": "matrix_product_state", "precision": "single"}
            ),
            "aer matrix_product_state",
        ),
        (lambda: asked(layered(4), simulator={"device": "GPU"}), "aer statevector"),
        (
            lambda: asked(layered(4), simulator={"noise_model": depolarizing()}),
            "batched density_matrix",
        ),
        (
            lambda: asked(layered(9), 1, 0.5, simulator={"noise_model": depolarizing()}),
            "aer statevector",
        ),
        (
            lambda: asked(layered(9), 1, 0.1, simulator={"noise_model": depolarizing()}),
            "batched density_matrix",
        ),
        (
            lambda: asked(layered(12), simulator={"noise_model": depolarizing()}),
            "batched density_matrix",
        ),
        (
            lambda: asked(
                layered(5), simulator={"noise_model": depolarizing()}, execution={"engine": "aer"}
            ),
            "aer density_matrix",
        ),
        (
            lambda: asked(layered(20), 2, 0.1, simulator={"noise_model": depolarizing()}),
            "aer statevector",
        ),
    ],
)
def test_choice(request_of, expected):
    if expected is None:
        with pytest.raises(UnsupportedError, match="Clifford"):
            chosen(request_of())
    else:
        assert chosen(request_of()) == expected


def test_clifford_circuits_are_told_by_their_angles():
    circuit = layered(40, layers=3)
    rows = np.arange(80).reshape(2, 40) * np.pi / 2
    pubs = [(0, [{"Z" * 40: 1.0}], rows[:, None], 0.0)]

    assert chosen(estimator_request([circuit], pubs)) == "aer stabilizer"


def test_readout_errors_alone_leave_states_pure():
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))

    assert chosen(asked(layered(4), simulator={"noise_model": model})) == "batched statevector"


@pytest.mark.parametrize(
    ("twirling", "noise", "expected"),
    [
        ({"enable_gates": False}, depolarizing_error(0.01, 2), "aer statevector"),
        ({"enable_measure": True}, depolarizing_error(0.01, 2), "batched density_matrix"),
        ({"enable_gates": True}, depolarizing_error(0.01, 2), "batched density_matrix"),
        ({"enable_gates": True}, DAMPING, "aer statevector"),
    ],
)
def test_rows_that_differ_in_frames_cost_one_state(twirling, noise, expected):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(noise, ["cx"])
    circuit = layered(12, 2).assign_parameters([0.3] * 12)
    request = asked(
        circuit, 1, 0.05, twirling={**twirling, "num_randomizations": 32},
        simulator={"noise_model": model},
    )  # fmt: skip

    assert chosen(request) == expected


def test_noise_of_other_gates_leaves_states_pure():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["sx"])

    assert chosen(asked(layered(4), simulator={"noise_model": model})) == "batched statevector"


@pytest.mark.parametrize(
    ("request_of", "message"),
    [
        (lambda: asked(layered(4), execution={"engine": "magic"}), "expected one of 'auto', 'aer'"),
        (
            lambda: estimator_request(
                [QuantumCircuit(0)], [(0, [{"": 1.0}], np.zeros((1, 0)), 0.0)]
            ),
            "a circuit without qubits: found 0",
        ),
        (lambda: asked(mixing(40)), r"40 qubits need 16 TiB as a statevector.*2\*\*20"),
        (
            lambda: asked(layered(14), simulator={"noise_model": depolarizing()}),
            "14 qubits need 4 GiB, at most 12 qubits",
        ),
        (
            lambda: asked(
                layered(4), simulator={"noise_model": depolarizing(), "method": "statevector"}
            ),
            "has no exact values",
        ),
        (
            lambda: asked(layered(4), simulator={"method": "extended_stabilizer"}),
            "computes no exact values",
        ),
        (
            lambda: asked(layered(24, 6), execution={"engine": "batched"}),
            "engine 'batched' is not made for 24 qubits",
        ),
    ],
)
def test_what_nothing_can_run(request_of, message):
    request = request_of()

    with pytest.raises(UnsupportedError, match=message):
        check(request, expand(request))


def test_memory_of_the_slot():
    request = asked(layered(28), simulator={"method": "statevector"})

    with pytest.raises(
        UnsupportedError, match="28 qubits need 4 GiB as a statevector; the slot has 2 GiB"
    ):
        check(request, expand(request), Slot(memory_bytes=2 << 30))


def test_what_could_run_what_does_not_fit():
    request = asked(layered(34), simulator={"method": "statevector"})
    words = (
        "34 qubits need 256 GiB as a statevector; the slot has 12 GiB; "
        "method matrix_product_state or a GPU/MPI engine could"
    )

    with pytest.raises(UnsupportedError, match=words):
        check(request, expand(request), Slot(memory_bytes=12 << 30))


NOISY = {"noise_model": depolarizing()}


@pytest.mark.parametrize(
    ("request_of", "memory", "message"),
    [
        (
            lambda: asked(mixing(34)),
            12 << 30,
            "34 qubits need 256 GiB as a statevector.*the slot has 12 GiB",
        ),
        (
            lambda: asked(layered(29), precision=0.1),
            4 << 30,
            "29 qubits need 8 GiB as a statevector; the slot has 4 GiB",
        ),
        (
            lambda: asked(layered(26), precision=0.1, simulator=NOISY),
            1 << 29,
            "26 qubits need 1 GiB as a statevector",
        ),
        (
            lambda: asked(
                layered(29),
                precision=0.1,
                simulator={"precision": "single", "method": "statevector"},
            ),
            3 << 30,
            "29 qubits need 4 GiB",
        ),
        (
            lambda: asked(layered(14), simulator={**NOISY, "method": "density_matrix"}),
            1 << 30,
            "14 qubits need 4 GiB as a density matrix; .*precision > 0 and method statevector",
        ),
        (
            lambda: asked(
                layered(14), precision=0.1, simulator={**NOISY, "method": "density_matrix"}
            ),
            1 << 30,
            "14 qubits need 4 GiB as a density matrix; .*method statevector, which takes shots",
        ),
        (
            lambda: asked(layered(20, 6), execution={"engine": "batched"}),
            1 << 27,
            "20 qubits need 256 MiB as a statevector",
        ),
    ],
)
def test_memory_of_every_method(request_of, memory, message):
    request = request_of()

    with pytest.raises(UnsupportedError, match=message):
        check(request, expand(request), Slot(memory_bytes=memory))


@pytest.mark.parametrize("width", [40, 127])
def test_what_holds_no_amplitudes_fits_anywhere(width):
    request = asked(layered(width), simulator={"method": "matrix_product_state"})

    check(request, expand(request), Slot(memory_bytes=1 << 20))


def test_memory_of_batches():
    request = asked(layered(11), simulator={"noise_model": depolarizing()})

    with pytest.raises(UnsupportedError, match="11 qubits need 256 MiB as a density matrix"):
        check(request, expand(request), Slot(memory_bytes=1 << 27))


def test_correlated_readout_is_refused():
    model = NoiseModel()
    model.add_readout_error(ReadoutError(np.full((4, 4), 0.25)), [0, 1])
    request = asked(layered(4), simulator={"noise_model": model})

    with pytest.raises(
        UnsupportedError, match=r"correlated error of the readout on qubits \(0, 1\)"
    ):
        check(request, expand(request))


def test_an_instruction_without_definition():
    from qiskit.circuit import Gate

    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("oracle", 1, []), [0])
    circuit.measure(0, 0)
    request = sampler_request([circuit], [(0, [], 10)])

    with pytest.raises(UnsupportedError, match="instruction 'oracle' has no definition"):
        check(request, expand(request))


def test_choosing_imports_no_simulator():
    code = (
        "import sys, shoal.cluster.engines.choice as c\n"
        "from shoal.orchestrator.ports import Slot\n"
        "import os; os.environ.pop('CUDA_VISIBLE_DEVICES', None)\n"
        "c.make_engine(None, None, Slot(gpu='1'))\n"
        "assert 'qiskit_aer' not in sys.modules\n"
        "assert os.environ['CUDA_VISIBLE_DEVICES'] == '1'\n"
        "import qiskit_aer\n"
        "c.make_engine(None, None, Slot(gpu='1'))\n"
        "try:\n    c.make_engine(None, None, Slot(gpu='2'))\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )

    assert found.stdout.startswith("EngineError GPU 2 cannot be chosen any more")


@pytest.mark.gpu
def test_gpu():
    from tests.differential.running import run, values_by_qiskit

    circuit = layered(5)
    rows = np.linspace(0, 1, 15).reshape(3, 5)
    pub = (0, [{"ZIIII": 1.0}, {"IIXXI": 1.0}], rows[:, None], 0.0)

    found = run(estimator_request([circuit], [pub], simulator={"device": "GPU"}))[0]

    wanted = values_by_qiskit(circuit, rows, ["ZIIII", "IIXXI"])
    np.testing.assert_allclose(found.data.evs, wanted, atol=1e-10)
    assert found.metadata["shoal"]["device"] == "GPU"


def test_that_a_circuit_has_no_short_chain_is_found_out_once(monkeypatch):
    request = asked(mixing(17), rows=1)
    assert chosen(request) == "aer statevector"
    monkeypatch.setattr("shoal.cluster.engines.chain_kernels._translated", pytest.fail)
    assert chosen(asked(mixing(17), rows=1)) == "aer statevector"
