"""States spread over MPI ranks: right on one rank, with any Aer; on several, with one built for it.

`make aer-mpi` builds that one; without it the tests of several ranks are skipped.
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, depolarizing_error
from tests.cluster.engines.test_aer import ROWS, brickwork, label
from tests.mpi_world import ROOT, SHOAL, Ended, run, run_world
from tests.primitives.requests import estimator_request, sampler_request

from shoal.cluster.engines.aer_mpi import AerMpiEngine
from shoal.cluster.engines.choice import check, choose, make_engine
from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import stored_jobs
from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.expansion import expand

SITE = ROOT / "build" / "aer-mpi" / "site"
SPREAD = {"execution": {"engine": "aer_mpi"}}

SWEEP = """\
name = "spread"
primitive = "estimator"
seed = 5
precision = [0, 0.1]
engine = "aer_mpi"

[circuits.ring]
function = "ring:ring"

[observables.h]
each = [
    { ZZZZZZZZZZ = 1, XXXXXXXXXX = 0.5, YIIIIIIIIX = 0.3 },
    { IIIIIIIIIY = 1, IIIIIIIII0 = 2, "+IIIIIIIIr" = 1 },
]

[parameters]
kind = "grid"
axes.theta = { linspace = [0, "pi", 3] }
"""
WIDE = """
[observables.h]
sparse = [["ZZ", [0, 1], 1.0]]

[parameters]
kind = "grid"
axes.theta = { linspace = [0, "pi", 3] }
"""
RING = """\
from qiskit.circuit import Parameter, QuantumCircuit


def ring(width=10):
    circuit = QuantumCircuit(width)
    theta = Parameter("theta")
    for layer in range(3):
        for qubit in range(width):
            circuit.ry(theta * (qubit + 1) / 3, qubit)
            circuit.rz(theta * (layer + 1), qubit)
        for qubit in range(width):
            circuit.cx(qubit, (qubit + 1) % width)
    return circuit
"""


def test_values_by_turns_into_the_basis_of_each_term_are_right() -> None:
    width = 11
    terms = ["Z" * width, "X" * width, label(width, q0="Y", q10="X"), label(width, q9="Y")]
    terms += [label(width, q10="+", q0="r"), label(width, q1="1", q10="-"), label(width, q3="Z")]
    pub = (0, [{term: 1.0} for term in terms], ROWS[:, None], 0.0)
    request = estimator_request([brickwork(width, 3)], [pub], execution={"engine": "aer"})
    workload = expand(request)
    engines = [maker(request, workload, Slot()) for maker in (AerMpiEngine, make_engine)]
    for block in workload.blocks:
        spread, whole = (engine.run(block) for engine in engines)
        for one, other in zip(spread.values, whole.values, strict=True):
            assert np.array_equal(one.rows, other.rows)
            assert np.allclose(one.values, other.values, rtol=0, atol=1e-12)


def test_without_an_aer_for_it_the_recipe_is_told() -> None:
    request = estimator_request([brickwork(11, 1)], [(0, {"Z" * 11: 1.0}, ROWS, 0.0)], **SPREAD)
    with pytest.raises(UnsupportedError, match="was not: make aer-mpi"):
        check(request, expand(request))


def noisy() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["ry"])
    return model


@pytest.mark.parametrize(
    ("width", "simulator", "words"),
    [
        (11, {"noise_model": noisy()}, "simulates no noise"),
        (11, {"method": "matrix_product_state"}, "statevectors only"),
        (11, {"device": "GPU"}, "not on device 'GPU'"),
        (2, {}, "states of 3 qubits or more, and this circuit has 2"),
    ],
)
def test_what_cannot_be_spread_is_refused(width: int, simulator: dict, words: str) -> None:
    pub = (0, {"Z" * width: 1.0}, ROWS[:, :3], 0.1)
    request = estimator_request([brickwork(width, 1)], [pub], simulator=simulator, **SPREAD)
    workload = expand(request)
    with pytest.raises(UnsupportedError, match=words):
        choose(request, workload, workload.programs[0])


def test_measurements_midway_are_refused() -> None:
    circuit = QuantumCircuit(11, 1)
    circuit.h(range(11))
    circuit.measure(0, 0)
    circuit.h(0)
    circuit.measure(0, 0)
    request = sampler_request([circuit], [(0, np.zeros((1, 0)), 10)], **SPREAD)
    workload = expand(request)
    with pytest.raises(UnsupportedError, match="measure at their end"):
        choose(request, workload, workload.programs[0])


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    (tmp_path / "ring.py").write_text(RING)
    path = tmp_path / "spread.toml"
    path.write_text(SWEEP)
    return path


def spread(ranks: int, sweep: Path, *options: str, gang: int | None = None) -> Ended:
    if not SITE.is_dir():
        pytest.skip("no Aer with MPI in build/aer-mpi: make aer-mpi")
    profile = sweep.with_name("profile.toml")
    profile.write_text("" if gang is None else f"[mpi]\ngang = {gang}\n")
    store = sweep.parent / f"{ranks}-{gang}"
    command = ("run", sweep, "--store", store, "--profile", profile, "--executor", "mpi", *options)
    return run_world(ranks, *SHOAL, *command, first_on_path=SITE)


def columns(sweep: Path, store: str) -> dict[str, np.ndarray]:
    (job,) = stored_jobs(sweep.parent / store)
    table = pq.read_table(job.folder / "results" / "labelled.parquet")
    return {name: table[name].to_numpy() for name in ("precision", "ev", "std")}


def workers(sweep: Path, store: str) -> list[str]:
    (job,) = stored_jobs(sweep.parent / store)
    events = read_events(job.folder)
    return sorted(event["worker"] for event in events if event["event"] == "worker_joined")


@pytest.mark.mpi
@pytest.mark.slow
def test_any_gangs_of_any_world_equal_one_process(sweep: Path) -> None:
    leaders = {
        (2, None): ["rank0"],
        (4, 4): ["rank0"],
        (4, 2): ["rank0", "rank2"],
        (5, None): ["rank1", "rank3"],
    }
    alone = run(
        *SHOAL,
        *("run", sweep, "--store", sweep.parent / "1", "--executor", "inline"),
        *("--set", "engine=aer"),
    )
    assert alone.code == 0, alone
    one = columns(sweep, "1")
    is_exact = one["precision"] == 0.0
    shots = []
    for (ranks, gang), expected in leaders.items():
        ended = spread(ranks, sweep, gang=gang)
        assert ended.code == 0, ended
        assert workers(sweep, f"{ranks}-{gang}") == expected
        found = columns(sweep, f"{ranks}-{gang}")
        assert np.abs(found["ev"] - one["ev"])[is_exact].max() < 1e-10
        limit = 5.0 * np.hypot(found["std"], one["std"])
        assert np.all(np.abs(found["ev"] - one["ev"])[~is_exact] < limit[~is_exact])
        shots.append(found["ev"][~is_exact])
    # They are the same whatever the world, and not those of the engine 'aer'.
    assert all(np.array_equal(shots[0], other) for other in shots)


@pytest.mark.mpi
@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranks", "gang", "options", "words"),
    [
        (6, 4, (), "a world of 6 ranks cannot be divided into gangs of 4"),
        (
            *(2, None, ("--set", "circuits.ring.arguments.width=18")),
            "18 qubits over 2 ranks need 4 MiB of each, and each has 1 MiB",
        ),
        (2, None, ("--set", "engine=aer"), "would spread every circuit over all ranks"),
    ],
)
def test_a_wrong_pair_of_engine_and_world_is_refused(
    sweep, monkeypatch, ranks, gang, options, words
) -> None:
    if "need" in words:
        sweep.write_text(SWEEP.partition("[observables.h]")[0] + WIDE)
        monkeypatch.setenv("SLURM_MEM_PER_CPU", "1")
    ended = spread(ranks, sweep, *options, gang=gang)
    assert ended.code == 2, ended
    assert ended.err.count(words) == 1
    assert "Traceback" not in ended.err
