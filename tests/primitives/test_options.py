import copy
import json
import pickle

import numpy as np
import pytest
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.primitives import Estimator, EstimatorOptions, Sampler, SamplerOptions
from shoal.primitives.errors import OptionError, UnsupportedError
from shoal.primitives.noise import StoredNoise
from shoal.primitives.unsupported import refuse_unsupported, unsupported

BOTH = pytest.mark.parametrize("kind", [EstimatorOptions, SamplerOptions])


def noise() -> NoiseModel:
    model = NoiseModel(basis_gates=["cx", "rz", "sx", "x"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]), [0])
    return model


@BOTH
def test_a_mapping_round_trips_through_json(kind):
    options = kind.coerce({"seed": 3, "twirling": {"num_randomizations": 32}})
    assert kind.from_mapping(json.loads(json.dumps(options.to_mapping()))) == options


@BOTH
def test_an_unknown_option_lists_the_known_ones(kind):
    with pytest.raises(OptionError, match=r"'sed' .*did you mean 'seed'.*known: seed, twirling"):
        kind.coerce({"sed": 1})


def test_an_unknown_option_of_a_group_says_which_group():
    with pytest.raises(OptionError, match=r"'noise_factor' in resilience.zne .*known: amplifier"):
        EstimatorOptions.coerce({"resilience": {"zne": {"noise_factor": 3}}})


def test_a_sampler_has_no_options_of_an_estimator():
    with pytest.raises(OptionError, match="unknown option 'default_precision'"):
        SamplerOptions.coerce({"default_precision": 0.1})


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("seed", -1, "an integer of at least 0"),
        ("seed", True, "an integer"),
        ("seed", 1 << 128, "below"),
        ("default_precision", -0.1, "a finite number of at least 0"),
        ("default_precision", float("nan"), "a finite number"),
        ("default_precision", "small", "a finite number"),
        ("default_shots", 0, "an integer of at least 1"),
        ("resilience_level", 3, "an integer of at least 0 and below 3"),
        ("resilience.zne_mitigation", 1, "True or False"),
        ("resilience.zne.noise_factors", [], "at least one value"),
        ("resilience.zne.noise_factors", [0.5], "at least 1"),
        ("resilience.zne.extrapolator", "cubic", "one of 'linear'"),
        ("twirling.num_randomizations", "many", '"auto" or a number'),
        ("simulator.method", "mps", "'matrix_product_state'"),
        ("simulator.noise_model", "depolarizing", "NoiseModel"),
        ("execution.engine", "", "a name"),
        ("resilience.zne", "linear", "a mapping or ZneOptions"),
    ],
)
def test_a_wrong_value_says_what_was_found_and_expected(path, value, expected):
    with pytest.raises(OptionError, match=rf"option {path}: found .*expected .*{expected}"):
        EstimatorOptions().replaced(path, value)


def test_options_of_a_wrong_type_are_a_type_error():
    with pytest.raises(TypeError, match="options must be a mapping or EstimatorOptions, not int"):
        Estimator(options=3)


def test_a_path_into_what_is_no_group_is_refused():
    with pytest.raises(OptionError, match="option seed is no group"):
        EstimatorOptions().replaced("seed.value", 1)


def test_nested_mappings_change_what_they_name_and_nothing_else():
    first = EstimatorOptions.coerce({"resilience": {"zne": {"noise_factors": [1, 2]}}})
    second = first.updated({"resilience": {"zne": {"extrapolator": "linear"}}})
    assert second.resilience.zne.noise_factors == (1.0, 2.0)
    assert second.resilience.zne.extrapolator == ("linear",)


def test_numbers_of_numpy_become_numbers_of_python():
    options = EstimatorOptions.coerce({"seed": np.int64(3), "default_precision": np.float32(0.5)})
    assert (type(options.seed), type(options.default_precision)) == (int, float)


def test_the_simulators_seed_stands_in_for_a_seed_that_is_not_said():
    assert SamplerOptions.coerce({"simulator": {"seed_simulator": 5}}).root_seed == 5
    assert SamplerOptions.coerce({"seed": 4, "simulator": {"seed_simulator": 5}}).root_seed == 4


def test_a_noise_model_is_written_without_its_random_identifiers():
    first = EstimatorOptions.coerce({"simulator": {"noise_model": noise()}})
    second = EstimatorOptions.coerce({"simulator": {"noise_model": noise()}})
    written = json.dumps(first.to_mapping())
    assert written == json.dumps(second.to_mapping())
    assert first.to_mapping()["simulator"]["noise_model"]["basis_gates"] == ["cx", "rz", "sx", "x"]


def test_a_written_noise_model_is_held_as_it_is_written():
    written = EstimatorOptions.coerce({"simulator": {"noise_model": noise()}}).to_mapping()
    again = EstimatorOptions.from_mapping(json.loads(json.dumps(written)))
    assert isinstance(again.simulator.noise_model, StoredNoise)
    assert again.to_mapping() == written


@pytest.mark.parametrize(
    "asked",
    [
        {"dynamical_decoupling": {"enable": True}},
    ],
)
def test_mitigation_is_refused_before_it_is_built(asked):
    with pytest.raises(UnsupportedError, match="nothing here can do"):
        refuse_unsupported(EstimatorOptions.coerce(asked))


def test_mitigation_that_is_switched_off_is_not_refused():
    options = EstimatorOptions.coerce({"resilience_level": 0, "twirling": {"enable_gates": False}})
    assert unsupported(options) == ()


def test_options_are_set_one_by_one_through_the_primitive():
    estimator = Estimator()
    estimator.options.default_precision = 0.1
    estimator.options.resilience.zne.noise_factors = (1, 3)
    assert estimator.options.default_precision == estimator.default_precision == 0.1
    assert estimator.options.resilience.zne.noise_factors == (1.0, 3.0)


def test_options_are_updated_and_replaced_whole():
    sampler = Sampler(options={"default_shots": 10})
    sampler.options.update(default_shots=20, execution={"engine": "aer"})
    assert (sampler.default_shots, sampler.options.execution.engine) == (20, "aer")
    sampler.options = {"default_shots": 30}
    assert (sampler.default_shots, sampler.options.execution.engine) == (30, "auto")


def test_a_failed_update_sets_nothing():
    sampler = Sampler(options={"default_shots": 10})
    with pytest.raises(OptionError, match="default_shots"):
        sampler.options.update({"seed": 1, "default_shots": 0})
    assert sampler.options.seed is None


def test_setting_an_unknown_option_is_refused():
    with pytest.raises(OptionError, match="unknown option 'shots'"):
        Sampler().options.shots = 10


def test_reading_an_unknown_option_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'resilience.zne.factors'; known: amplifier"):
        _ = Estimator().options.resilience.zne.factors


def test_options_of_one_primitive_make_another():
    first = Estimator(options={"seed": 5})
    assert Estimator(options=first.options).options == first.options == EstimatorOptions(seed=5)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_of_the_options_is_cut_loose(copied):
    estimator = Estimator(options={"seed": 5})
    before = copied(estimator.options)
    estimator.options.seed = 6
    assert before.seed == 5


def test_changes_are_the_options_that_differ_from_their_defaults():
    options = EstimatorOptions.coerce({"seed": 3, "resilience": {"zne": {"amplifier": "pea"}}})
    assert options.to_changes() == {"seed": 3, "resilience": {"zne": {"amplifier": "pea"}}}
    assert EstimatorOptions().to_changes() == {}


@pytest.mark.parametrize("name", ["seed_estimator", "simulator.seed_simulator"])
def test_a_seed_has_ibms_names_too(name):
    options = EstimatorOptions().replaced(name, 7)
    assert options.root_seed == 7
    assert options.replaced("seed", 8).root_seed == 8
