import numpy as np
import pytest
from qiskit.quantum_info import (
    DensityMatrix,
    SparsePauliOp,
    Statevector,
    random_density_matrix,
    random_statevector,
)
from tests.differential.running import chi_square_is_plausible, random_terms
from tests.reference import expectation

from shoal.cluster.engines.crew import Crew
from shoal.cluster.engines.flip_terms import flip_terms, flip_values
from shoal.cluster.engines.readout import PERFECT_READOUT, Readout
from shoal.cluster.engines.states import MixedStates, PureStates
from shoal.cluster.engines.term_plan import TermPlan
from shoal.cluster.engines.wide_state import WideState
from shoal.primitives.bases import measured_qubits

CREW = Crew(2)
CONFUSED = Readout(None, {0: np.array([[0.9, 0.1], [0.3, 0.7]]), 3: np.array([[1, 0], [0.2, 0.8]])})


def turned(state: Statevector | DensityMatrix, basis: str) -> Statevector | DensityMatrix:
    from tests.differential.noisy import _turn

    return state.evolve(_turn(basis))


@pytest.mark.parametrize("basis", ["ZZZZ", "XIYZ", "IIII", "YYXX", "IXII"])
def test_distributions_of_pure_states(basis):
    states = [random_statevector(16, seed=seed) for seed in range(3)]

    found = PureStates(np.array([one.data for one in states]), CREW).probabilities(basis)

    wanted = [turned(one, basis).probabilities(list(measured_qubits(basis))) for one in states]
    np.testing.assert_allclose(found, np.reshape(wanted, found.shape), atol=1e-14)


@pytest.mark.parametrize("basis", ["ZZZ", "XIY", "III", "YXX", "IXI"])
def test_distributions_of_mixed_states(basis):
    states = [random_density_matrix(8, seed=seed) for seed in range(3)]

    found = MixedStates(np.array([one.data for one in states])).probabilities(basis)

    wanted = [turned(one, basis).probabilities(list(measured_qubits(basis))) for one in states]
    np.testing.assert_allclose(found, np.reshape(wanted, found.shape), atol=1e-14)


def test_values_of_terms(rng):
    states = [random_statevector(16, seed=seed) for seed in range(3)]
    terms = random_terms(4, 40, rng)
    plan = TermPlan.of(terms)
    pure = PureStates(np.array([one.data for one in states]), CREW)

    found = plan.values(map(pure.probabilities, plan.bases), 3, PERFECT_READOUT)

    wanted = [[expectation(one, term) for term in terms] for one in states]
    np.testing.assert_allclose(found, wanted, atol=1e-13)


@pytest.mark.parametrize("readout", [PERFECT_READOUT, CONFUSED], ids=["perfect", "confused"])
def test_wide_states_are_read_as_others(readout, rng):
    width = 18  # four chunks
    amplitudes = random_statevector(1 << width, seed=5).data.copy()
    terms = sorted({"".join(rng.choice(list("IIIXYZ01+r"), width)) for _ in range(6)})
    plan = TermPlan.of(terms)
    pure = PureStates(amplitudes[None].copy(), CREW)

    found = WideState(amplitudes, CREW).values(plan, readout)

    wanted = plan.values(map(pure.probabilities, plan.bases), 1, readout)[0]
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    np.testing.assert_allclose(amplitudes, pure._amplitudes[0], atol=1e-14)


def test_shots_of_wide_states(rng):
    width = 17
    state = np.zeros(1 << width, dtype=complex)
    places = rng.permutation(1 << width)[:40]
    state[places] = rng.normal(size=40) + 1j * rng.normal(size=40)
    state /= np.linalg.norm(state)
    basis = "Z" * 5 + "I" * 10 + "ZX"
    pure = PureStates(state[None].copy(), CREW)
    wanted = CONFUSED.confuse(pure.probabilities(basis), measured_qubits(basis))[0]

    found = WideState(state.copy(), CREW).outcomes(basis, 20_000, CONFUSED, rng)

    assert chi_square_is_plausible(np.bincount(found, minlength=wanted.size), wanted)


def test_shots_of_wide_states_do_not_depend_on_threads():
    state = random_statevector(1 << 18, seed=5).data
    basis = "X" + "Z" * 17

    one, three = (
        WideState(state.copy(), Crew(threads)).outcomes(
            basis, 500, CONFUSED, np.random.default_rng(1)
        )
        for threads in (1, 3)
    )

    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("width", [3, 16, 18])
@pytest.mark.parametrize("count", [5, 40])
def test_terms_are_read_without_turning_the_state(width, count, rng):
    amplitudes = random_statevector(1 << width, seed=6).data.copy()
    terms = ["Y" + "X" * (width - 1), "Z" * width, "I" * (width - 1) + "Y", "X" + "I" * (width - 1)]
    diagonal = ["".join(rng.choice(list("IZ"), width)) for _ in range(count)]
    others = ["".join(rng.choice(list("IXYZ"), width)) for _ in range(6)]
    terms = sorted({*terms, *diagonal, *others} - {"I" * width})

    found = flip_values(amplitudes, flip_terms(terms), len(terms), CREW)

    state = Statevector(amplitudes)
    wanted = [state.expectation_value(SparsePauliOp(term)).real for term in terms]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_values_of_wide_states_do_not_depend_on_threads(rng):
    state = random_statevector(1 << 18, seed=7).data
    terms = sorted({"".join(rng.choice(list("IIIXYZ0"), 18)) for _ in range(20)})
    plan = TermPlan.of(terms)

    one, three = (
        WideState(state.copy(), Crew(threads)).values(plan, PERFECT_READOUT) for threads in (1, 3)
    )

    np.testing.assert_array_equal(one, three)
