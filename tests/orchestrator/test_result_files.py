"""Named results beside the shots."""

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, PubResult, SamplerPubResult

from shoal.orchestrator.job_folders import create_or_open
from shoal.orchestrator.reduce import reduce_blocks
from shoal.orchestrator.result_files import load_result, result_names, save_result
from shoal.orchestrator.result_tables import result_table
from shoal.primitives.errors import StoreError
from shoal.primitives.results import assemble
from tests.orchestrator.sampled import DrawingEngine, both_request, commit, registers_request
from tests.orchestrator.test_reduce import assert_same_results
from tests.primitives.requests import ansatz, estimator_request, sampler_request


@pytest.fixture(params=[both_request, registers_request])
def done(request, tmp_path):
    """A job with all blocks, and its result."""
    engine = DrawingEngine(request.param())
    with create_or_open(tmp_path, engine.request, "job", workload=engine.workload) as store:
        for block in engine.workload.blocks:
            store.record(commit(store, engine, [block.index]))
        yield store, reduce_blocks(engine.request, engine.workload, store)


def save(done, name="result", **changes):
    store, result = done
    return save_result(
        store.folder, name, store.request, result, store.stored.commitments(), **changes
    )


def test_a_result_is_read_back_to_the_bit(done) -> None:
    save(done)
    store, result = done
    assert_same_results(load_result(store.folder), result)


def test_results_stand_side_by_side(done) -> None:
    save(done)
    save(done, "linear", options={"resilience": {"zne": {"extrapolator": "linear"}}})
    assert result_names(done[0].folder) == ("linear", "result")
    text = (done[0].folder / "results" / "linear.json").read_text()
    assert json.loads(text)["options"]["resilience"]["zne"]["extrapolator"] == "linear"


def test_the_table_depends_on_the_result_alone(done) -> None:
    one, other = save(done, "one"), save(done, "other")
    assert one.read_bytes() == other.read_bytes()


def test_a_result_says_where_it_comes_from(done) -> None:
    store, _ = done
    document = json.loads(save(done).with_suffix(".json").read_text())
    assert document["fingerprint"] == store.request.fingerprint
    assert document["options"] == store.request.options.to_mapping()
    assert [segment["sha256"] for segment in document["segments"]] == [
        one.sha256 for one in store.stored.commitments()
    ]
    assert document["versions"]["numpy"] == np.__version__


def test_a_result_that_is_not_there_is_named_with_those_that_are(done) -> None:
    folder = done[0].folder
    with pytest.raises(StoreError, match="has no result 'result'; it has: none yet"):
        load_result(folder)
    save(done, "linear")
    with pytest.raises(StoreError, match="has no result 'result'; it has: linear"):
        load_result(folder)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".x"])
def test_a_name_that_cannot_be_a_files_is_refused(done, name) -> None:
    with pytest.raises(ValueError, match=r"result name .* cannot be a file's name"):
        save(done, name)


def test_a_table_of_another_result_is_noticed(tmp_path) -> None:
    engine = DrawingEngine(both_request())
    with create_or_open(tmp_path, engine.request, "job") as store:
        store.record(commit(store, engine, [block.index for block in engine.workload.blocks]))
        done = store, reduce_blocks(engine.request, engine.workload, store)
    path = save(done)
    path.write_bytes(save(done, "other").read_bytes() + b"x")
    with pytest.raises(StoreError, match=r"is not the table that result\.json describes"):
        load_result(store.folder)


def test_estimates_say_which_element_they_are_of() -> None:
    values = np.arange(12.0).reshape(3, 2, 2)
    request = estimator_request(
        [ansatz(2)], [(0, [["ZZ", "XX"]], values, 0.0), (0, "ZI", [1.0, 2.0], 0.0)]
    )
    engine = DrawingEngine(request)
    result = assemble_of(engine)
    table = result_table(request, result).to_pylist()
    assert [row["pub"] for row in table] == [0] * 6 + [1]
    for row in table[:6]:
        index = row["index_0"], row["index_1"]
        assert row["element"] == np.ravel_multi_index(index, (3, 2))
        assert row["parameter"] == np.ravel_multi_index(index, (3, 2))
        assert row["observable"] == index[1]
        assert row["evs"] == result[0].data.evs[index]
    assert table[6] == {
        "pub": 1,
        "element": 0,
        "index_0": None,
        "index_1": None,
        "parameter": 0,
        "observable": 0,
        "evs": float(result[1].data.evs),
        "stds": 0.0,
    }


def assemble_of(engine: DrawingEngine):
    return assemble(engine.request, engine.workload, engine.run_all())


def test_counts_are_qiskits_own() -> None:
    circuit = ansatz(2)
    circuit.measure_all()
    request = sampler_request([circuit], [(0, np.zeros((2, 3, 2)), 40)])
    engine = DrawingEngine(request)
    result = assemble_of(engine)
    rows = result_table(request, result).to_pylist()
    for index in np.ndindex(2, 3):
        expected = result[0].data.meas.get_counts(index)
        element = np.ravel_multi_index(index, (2, 3))
        mine = {row["bitstring"]: row["count"] for row in rows if row["element"] == element}
        assert mine == expected


def test_strings_wider_than_a_word_are_counted_right(rng) -> None:
    circuit = QuantumCircuit(131)
    circuit.measure_all()
    few = rng.integers(0, 256, (3, 17), dtype=np.uint8)
    few[:, 0] &= 7
    array = few[rng.integers(0, 3, (4, 50))]
    bits = BitArray(array, 131)
    request = sampler_request([circuit], [(0, np.zeros((4, 0)), 50)])
    result = PrimitiveResult([SamplerPubResult(DataBin(meas=bits, shape=(4,)))])
    rows = result_table(request, result).to_pylist()
    for element in range(4):
        mine = {row["bitstring"]: row["count"] for row in rows if row["element"] == element}
        assert mine == bits.get_counts(element)


def test_no_pubs_make_an_empty_table() -> None:
    for empty in (sampler_request([], []), estimator_request([], [])):
        request = replace(empty, circuits=(), digests=())
        table = result_table(request, assemble_of(DrawingEngine(request)))
        assert table.num_rows == 0
        assert {"pub", "element", "parameter"} <= set(table.column_names)


def test_the_table_is_read_without_us(done) -> None:
    table = pq.read_table(save(done))
    assert table.column_names[:3] == ["pub", "element", "index_0"] or "parameter" in (
        table.column_names
    )


def test_fields_of_mitigation_are_kept(tmp_path, rng) -> None:
    request = estimator_request(
        [ansatz(2)], [(0, "ZZ", np.zeros((3, 2)), 0.5), (0, ["ZI", "XX"], [0.0, 1.0], 0.5)]
    )
    plain = assemble_of(DrawingEngine(request))
    extra = {"evs_noise_factors": rng.normal(size=(3, 2)), "ensemble": rng.normal(size=3)}
    data = DataBin(**plain[0].data, **extra, shape=(3,))
    result = PrimitiveResult([PubResult(data, {"x": 1}), plain[1]], {"version": 2})
    path = save_result(tmp_path, "zne", request, result, [])
    assert_same_results(load_result(tmp_path, "zne"), result)
    rows = pq.read_table(path).to_pylist()
    assert rows[1]["evs_noise_factors"] == list(extra["evs_noise_factors"][1])
    assert (rows[3]["evs_noise_factors"], rows[3]["ensemble"]) == (None, None)


def test_metadata_of_mitigation_is_kept(tmp_path) -> None:
    request = estimator_request(
        [ansatz(2)],
        [(0, [{"ZZ": 1.0}, {"XX": 2.0}], np.linspace(0, 1, 20).reshape(10, 1, 2), 0.125)],
        resilience={"zne_mitigation": True, "zne": {"extrapolator": "linear"}},
        twirling={"enable_measure": True, "num_randomizations": 4, "shots_per_randomization": 16},
    )
    result = assemble_of(DrawingEngine(request))
    save_result(tmp_path, "result", request, result, [])
    assert_same_results(load_result(tmp_path), result)


def test_odd_numbers_in_metadata_cost_no_result(tmp_path) -> None:
    request = estimator_request([ansatz(1)], [(0, "Z", [0.5], 0.0)])
    result = assemble_of(DrawingEngine(request))
    result[0].metadata["odd"] = [float("nan"), np.float64(1.5), np.arange(2)]
    save_result(tmp_path, "result", request, result, [])
    found = load_result(tmp_path)[0].metadata["odd"]
    assert found[1:] == [1.5, [0, 1]]
