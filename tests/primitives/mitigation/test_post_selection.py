"""Which shots a check keeps."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, pauli_error

from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import OptionError, RequestError
from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.post_selection import Check, basis_with_check, check_of_basis


def shots(rng):
    bits = rng.integers(0, 2, (200, 11)).astype(bool)
    return bits, pack_bits(bits)


def test_a_value_check_wants_every_bit(rng):
    bits, packed = shots(rng)
    kept = Check("anc", (1, 9), "value", 1).keeps(packed, 11)
    np.testing.assert_array_equal(kept, bits[:, 1] & bits[:, 9])
    kept = Check("anc", (1, 9), "value", 0).keeps(packed, 11)
    np.testing.assert_array_equal(kept, ~bits[:, 1] & ~bits[:, 9])


def test_a_parity_check_wants_the_sum(rng):
    bits, packed = shots(rng)
    kept = Check("anc", (0, 3, 10), "parity", 1).keeps(packed, 11)
    np.testing.assert_array_equal(kept, bits[:, [0, 3, 10]].sum(axis=1) % 2 == 1)


def test_a_bit_that_is_not_there_is_refused():
    with pytest.raises(RequestError, match="bit 11 of register 'anc', which has 11 bits"):
        Check("anc", (11,), "value", 0).keeps(np.zeros((1, 2), np.uint8), 11)


def test_an_expectation_that_is_no_bit_is_refused():
    with pytest.raises(RequestError, match="expects 2; it must be 0 or 1"):
        Check("anc", (0,), "parity", 2)
    with pytest.raises(RequestError, match="name at least one bit, and each bit once"):
        Check("anc", (1, 1), "parity", 1)


def test_a_basis_measures_the_checked_qubits_too():
    check = Check("meas", (0, 3), "parity", 0)
    assert basis_with_check(check, "IXXZ") == "ZXXZ"
    with pytest.raises(RequestError, match="qubit 0, which is not measured in Z in the basis ZXXY"):
        basis_with_check(check, "IXXY")
    assert check_of_basis(check, "ZIIZ").bits == (0, 1)


def leaking():
    """A Bell pair whose qubits are flipped now and then, and a parity that shows single flips."""
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(0, 2)
    circuit.cx(1, 2)
    return circuit


def flips(rate=0.1):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", rate), ("I", 1 - rate)]), ["h"])
    model.add_quantum_error(pauli_error([("IX", rate), ("II", 1 - rate)]), ["cx"], [0, 1])
    return model


SELECT = {"post_selection": {"bits": [2], "kind": "value", "expected": 0}}


@pytest.mark.parametrize("twirl", [False, True])
def test_selected_estimates_are_those_of_the_kept_shots(twirl):
    options = {
        "seed": 5, "simulator": {"noise_model": flips()}, "twirling": {"enable_measure": twirl},
    }  # fmt: skip
    plain = Estimator(options=options).run([(leaking(), "IZZ")], precision=0.02).result()[0]
    job = Estimator(options={**options, "resilience": SELECT}).run(
        [(leaking(), "IZZ")], precision=0.02
    )
    kept = job.result()[0]
    assert plain.data.evs < 0.9
    assert kept.data.evs == pytest.approx(1)
    assert kept.metadata["resilience"]["post_selection"]["bits"] == [2]
    again = job.reduce({"resilience": {"post_selection": {"bits": None}}})[0]
    assert abs(again.data.evs - plain.data.evs) < 5 * np.hypot(again.data.stds, plain.data.stds)


def test_a_sampler_keeps_the_shots_that_pass():
    circuit = leaking()
    circuit.measure_all()
    resilience = {"post_selection": {"bits": [2], "register": "meas"}}
    options = {"seed": 5, "simulator": {"noise_model": flips()}, "resilience": resilience}
    found = Sampler(options=options).run([circuit], shots=1000).result()[0]
    selected = found.selected["meas"].item()
    assert set(selected.get_counts()) <= {"000", "011"}
    assert found.data.meas.num_shots == 1000
    kept = found.metadata["resilience"]["post_selection"]["kept"]
    assert selected.num_shots == round(1000 * kept) < 1000


def test_nothing_kept_is_an_error():
    circuit = QuantumCircuit(2)
    options = {"seed": 5, "resilience": {"post_selection": {"bits": [1], "expected": 1}}}
    with pytest.raises(RequestError, match=r"kept no shot of parameter sets \[0\]"):
        Estimator(options=options).run([(circuit, "IZ")], precision=0.1).result()


def test_a_register_that_is_not_there_is_refused():
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    options = {"resilience": {"post_selection": {"bits": [0], "register": "flag"}}}
    with pytest.raises(RequestError, match=r"register 'flag': circuit .* has registers"):
        Sampler(options=options).run([circuit])


def test_selection_and_readout_mitigation_exclude_each_other():
    options = {"resilience": {**SELECT, "measure_mitigation": True}}
    with pytest.raises(OptionError, match="exclude each other"):
        Estimator(options=options).run([(leaking(), "IZZ")])
    with pytest.raises(OptionError, match="exclude each other"):
        Sampler(options=options).run([leaking().measure_all(inplace=False)])


@pytest.mark.parametrize("adaptive", [False, True])
def test_intervals_of_shots_that_are_all_alike_are_not_empty(adaptive):
    circuit = QuantumCircuit(1)
    circuit.ry(0.02, 0)
    execution = {"adaptive": adaptive, "max_shots": 400}
    options = {"seed": 5, "resilience": {"confidence": 0.95}, "execution": execution}
    pubs = [(circuit, ["Z", {"Z": 2.0, "I": 1.0}, "I"])]
    data = Estimator(options=options).run(pubs, precision=0.05).result()[0].data
    np.testing.assert_array_equal(data.stds, 0)
    assert data.evs_lower[0] < np.cos(0.02) < data.evs[0] == 1
    half = data.evs_upper - data.evs
    np.testing.assert_allclose(half, half[0] * np.array([1, 2, 0]))


def test_intervals_are_as_wide_as_was_asked():
    options = {"seed": 5, "resilience": {"confidence": 0.9}}
    job = Estimator(options=options).run([(leaking(), "IIX")], precision=0.02)
    data = job.result()[0].data
    assert (data.evs_upper - data.evs_lower) / data.stds == pytest.approx(2 * 1.6449, rel=1e-4)
    wider = job.reduce({"resilience": {"confidence": 0.99}})[0].data
    assert (wider.evs_upper - wider.evs) / wider.stds == pytest.approx(2.5758, rel=1e-4)
