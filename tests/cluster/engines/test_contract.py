"""What every engine and method owes: the contract of `Engine`, held by all that simulate."""

from dataclasses import dataclass

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Parameter
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from tests.primitives.requests import estimator_request, sampler_request

from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import EngineError
from shoal.primitives.expansion import expand
from shoal.primitives.outcomes import BlockOutcome
from shoal.primitives.request import Request
from shoal.primitives.results import assemble
from shoal.primitives.workload import Workload

RIGHT_ANGLES = np.arange(-3, 3)[:, None] * np.pi / 2 + np.array([0, np.pi / 2, np.pi])


@dataclass(frozen=True)
class Kind:
    """An engine, a method and noise."""

    engine: str
    method: str = "automatic"
    noise: bool = False
    has_values: bool = True

    def options(self) -> dict[str, dict[str, object]]:
        """What asks for it."""
        model = noise_model() if self.noise else None
        simulator = {"method": self.method, "noise_model": model}
        return {"execution": {"engine": self.engine}, "simulator": simulator}

    def __str__(self) -> str:
        return f"{self.engine}-{self.method}{'-noisy' if self.noise else ''}"


def noise_model() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 1), ["ry", "h"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    return model


KINDS = (
    Kind("batched"),
    Kind("aer", "statevector"),
    Kind("aer", "density_matrix"),
    Kind("aer", "matrix_product_state"),
    Kind("aer", "stabilizer"),
    Kind("batched", "density_matrix"),
    Kind("auto", noise=True),
    Kind("aer", "density_matrix", noise=True),
    Kind("aer", "statevector", noise=True, has_values=False),
    Kind("aer", "matrix_product_state", noise=True, has_values=False),
    Kind("aer", "stabilizer", noise=True, has_values=False),
)
WITH_VALUES = [kind for kind in KINDS if kind.has_values]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
every_kind_with_values = pytest.mark.parametrize("kind", WITH_VALUES, ids=str)


def circuit() -> QuantumCircuit:
    """Clifford at right angles, and not symmetric in anything."""
    a, b, c = (Parameter(name) for name in "abc")
    found = QuantumCircuit(4)
    found.h(0)
    found.ry(a, 1)
    found.cx(0, 1)
    found.rz(b, 1)
    found.ry(c - a, 2)
    found.cx(1, 2)
    found.rx(b, 2)
    found.cx(2, 0)
    return found


def registers() -> QuantumCircuit:
    """Several registers: one wide, one overlapping, bits that nobody writes, a loose bit."""
    wide, narrow = ClassicalRegister(11, "wide"), ClassicalRegister(2, "narrow")
    found = QuantumCircuit(QuantumRegister(4), wide, narrow, [Clbit()])
    found.add_register(ClassicalRegister(name="both", bits=[narrow[1], wide[10]]))
    found.compose(circuit(), inplace=True)
    for qubit, bit in ((2, wide[10]), (0, wide[3]), (1, narrow[1]), (3, narrow[0]), (3, wide[0])):
        found.measure(qubit, bit)
    found.measure(1, found.clbits[-1])
    return found


def shots_request(kind: Kind, precision: float = 0.05) -> Request:
    observables = [{"XXII": 1.0, "ZIZI": 0.5}, {"IYIZ": 1.0}, {"0II1": 1.0}]
    pub = (0, observables, RIGHT_ANGLES[:, None], precision)
    return estimator_request([circuit()], [pub], **kind.options())


def run(request: Request, threads: int = 1) -> tuple[Workload, list[BlockOutcome]]:
    workload = expand(request)
    engine = make_engine(request, workload, Slot(threads))
    return workload, [engine.run(block) for block in workload.blocks]


def content(outcome: BlockOutcome) -> list[object]:
    """Everything that must be the same wherever a block runs."""
    found: list[object] = [outcome.block, outcome.record]
    for shots in outcome.shots:
        counts = None if shots.counts is None else shots.counts.tolist()
        bits = {name: packed.tobytes() for name, packed in shots.bits.items()}
        found += [shots.variant, shots.rows.tolist(), bits, counts]
    for values in outcome.values:
        found += [values.variant, values.rows.tolist(), values.values.tobytes()]
    return found


@every_kind
def test_shots_are_counted_row_by_row(kind):
    workload, outcomes = run(shots_request(kind))

    for outcome in outcomes:
        block = workload.blocks[outcome.block]
        assert [one.variant for one in outcome.shots] == [
            one.index for one in workload.variants_of(block)
        ]
        for shots in outcome.shots:
            variant = workload.variants[shots.variant]
            counts = np.ones(shots.rows.size, np.int64) if shots.counts is None else shots.counts
            drawn = np.bincount(shots.rows, counts, minlength=block.stop)
            wanted = np.zeros(block.stop)
            wanted[variant.rows_between(block.start, block.stop)] = block.shots_of(variant)
            np.testing.assert_array_equal(drawn, wanted)
            assert np.all(np.diff(shots.rows) >= 0)
            assert np.all(counts > 0)


@every_kind
@pytest.mark.parametrize("primitive", ["estimator", "sampler"])
def test_threads_and_company_change_nothing(kind, primitive):
    if primitive == "estimator":
        request = shots_request(kind)
    else:
        request = sampler_request([registers()], [(0, RIGHT_ANGLES, 300)], **kind.options())
    workload, together = run(request, threads=1)
    engine = make_engine(request, workload, Slot(3))

    backwards = [engine.run(block) for block in reversed(workload.blocks)][::-1]

    assert list(map(content, backwards)) == list(map(content, together))


@every_kind_with_values
def test_values_do_not_depend_on_threads(kind):
    pub = (0, [{"XXII": 1.0, "ZI0I": 0.5}, {"IYIZ": 1.0}], RIGHT_ANGLES[:, None], 0.0)
    request = estimator_request([circuit()], [pub], **kind.options())

    (_, one), (_, three) = run(request, 1), run(request, 3)

    assert list(map(content, one)) == list(map(content, three))


@every_kind
def test_seeds_and_blocks_are_independent(kind):
    request = sampler_request([registers()], [(0, RIGHT_ANGLES[:1], 600)], **kind.options())
    other = sampler_request([registers()], [(0, RIGHT_ANGLES[:1], 600)], seed=8, **kind.options())

    (_, [first]), (_, [second]) = run(request), run(other)

    assert content(first) != content(second)


@every_kind
def test_registers(kind):
    request = sampler_request([registers()], [(0, RIGHT_ANGLES, 400)], **kind.options())
    workload, outcomes = run(request)

    found = assemble(request, workload, outcomes)[0].data

    wide, narrow, both = (
        np.unpackbits(one.array, axis=-1)[..., ::-1]
        for one in (found.wide, found.narrow, found.both)
    )
    np.testing.assert_array_equal(both[..., 0], narrow[..., 1])
    np.testing.assert_array_equal(both[..., 1], wide[..., 10])
    assert not wide[..., [1, 2, 4, 5, 6, 7, 8, 9]].any()
    assert narrow[..., 1].any()
    if not kind.noise:
        assert not narrow[..., 0].any()
        assert not wide[..., 0].any()
    else:
        # Two measurements of one qubit are misread independently of each other.
        assert (narrow[..., 0] != wide[..., 0]).any()


@every_kind_with_values
def test_shots_estimate_the_values(kind):
    exact = shots_request(kind, 0.0)
    drawn = shots_request(kind, 0.02)

    values = assemble(exact, *run(exact))[0].data
    estimates = assemble(drawn, *run(drawn))[0].data

    distance = np.abs(estimates.evs - values.evs)
    assert np.all(distance <= 5 * np.maximum(estimates.stds, 1e-12) + 1e-12)


@every_kind
def test_idle_qubits_cost_nothing(kind):
    wide = QuantumCircuit(60)
    wide.compose(circuit(), [50, 3, 20, 41], inplace=True)
    term = ["I"] * 60
    for qubit in (50, 3):
        term[59 - qubit] = "Z"
    pub = (0, [{"".join(term): 1.0}], RIGHT_ANGLES[:4, None], 0.05)
    request = estimator_request([wide], [pub], **kind.options())

    workload, [outcome] = run(request)

    assert sum(shots.counts.sum() for shots in outcome.shots) == 4 * 400
    assert assemble(request, workload, [outcome])[0].data.evs.shape == (4, 1)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.method != "stabilizer"], ids=str)
def test_an_angle_that_is_no_number(kind):
    a = Parameter("a")
    found = QuantumCircuit(1, 1)
    found.ry(a.log(), 0)
    found.measure(0, 0)
    request = sampler_request([found], [(0, [[1.0], [-1.0]], 10)], **kind.options())

    with pytest.raises(EngineError, match=r"pub 0, rows 0 to 1 \(the first at a=1\)"):
        run(request)


@every_kind_with_values
def test_rows_with_observables_of_their_own(kind):
    terms = ["XXII", "ZIZI", "0II1", "ZIZI", "IYIZ", "IIIZ"]
    pairs = [{term: 1.0} for term in terms]
    exact, drawn = (
        estimator_request([circuit()], [(0, pairs, RIGHT_ANGLES, precision)], **kind.options())
        for precision in (0.0, 0.03)
    )
    every = estimator_request(
        [circuit()], [(0, pairs, RIGHT_ANGLES[:, None], 0.0)], **kind.options()
    )

    values = assemble(exact, *run(exact))[0].data.evs
    estimates = assemble(drawn, *run(drawn))[0].data

    np.testing.assert_allclose(
        values, np.diag(assemble(every, *run(every))[0].data.evs), atol=1e-12
    )
    assert np.all(np.abs(estimates.evs - values) <= 5 * np.maximum(estimates.stds, 1e-9))
