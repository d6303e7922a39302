"""Requests on disk: they come back as they went."""

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from qiskit import QuantumCircuit
from qiskit.circuit import Gate

from shoal.orchestrator.request_files import (
    check_plan,
    load_request,
    read_document,
    save_request,
)
from shoal.primitives.circuits import circuit_digest
from shoal.primitives.errors import RequestError, StoreError, StoreVersionError
from shoal.primitives.expansion import expand
from shoal.primitives.observables import Observable
from shoal.primitives.options import EstimatorOptions, SamplerOptions
from shoal.primitives.request import PubRequest, Request
from tests.orchestrator.sampled import both_request, registers_request
from tests.primitives.requests import ansatz, estimator_request

CIRCUITS = [ansatz(1), ansatz(2)]
FINITE = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(max_size=5)


def saved(folder, request: Request, name: str = "job") -> Request:
    """Write a request and read it back."""
    save_request(folder, name, request, expand(request))
    return load_request(folder)


def assert_same(found: Request, expected: Request) -> None:
    assert found.fingerprint == expected.fingerprint
    assert found.digests == expected.digests
    assert tuple(map(circuit_digest, found.circuits)) == expected.digests
    assert (found.primitive, found.options, found.seed) == (
        expected.primitive,
        expected.options,
        expected.seed,
    )
    for one, other in zip(found.pubs, expected.pubs, strict=True):
        assert one.parameters.tobytes() == other.parameters.tobytes()
        assert one.parameters.shape == other.parameters.shape
        assert one.observables == other.observables
        assert one.circuit_metadata == other.circuit_metadata
        assert (one.circuit, one.observables_shape, one.precision, one.shots) == (
            other.circuit,
            other.observables_shape,
            other.precision,
            other.shots,
        )


@st.composite
def pubs(draw, primitive: str) -> PubRequest:
    circuit = draw(st.integers(0, 1))
    qubits = CIRCUITS[circuit].num_qubits
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    values = draw(hnp.arrays(np.float64, (*shape, qubits), elements=FINITE))
    metadata = draw(st.dictionaries(WORDS, st.none() | st.integers() | FINITE | WORDS, max_size=2))
    if primitive == "sampler":
        return PubRequest(circuit, values, shots=draw(st.integers(1, 5)), circuit_metadata=metadata)
    labels = st.text("IXYZ01+-rl", min_size=qubits, max_size=qubits)
    terms = st.dictionaries(labels, FINITE, min_size=1, max_size=3)
    trailing = draw(st.sampled_from([(), shape[-1:], (2, *(1 for _ in shape))]))
    count = int(np.prod(trailing, dtype=int))
    listed = draw(st.lists(terms, min_size=count, max_size=count))
    return PubRequest(
        circuit,
        values,
        tuple(map(Observable.from_mapping, listed)),
        trailing,
        precision=draw(st.sampled_from([0.0, 0.5, 0.3])),
        circuit_metadata=metadata,
    )


@st.composite
def requests(draw) -> Request:
    primitive = draw(st.sampled_from(["estimator", "sampler"]))
    kind = EstimatorOptions if primitive == "estimator" else SamplerOptions
    return Request(
        primitive,
        tuple(CIRCUITS),
        tuple(map(circuit_digest, CIRCUITS)),
        tuple(draw(st.lists(pubs(primitive), max_size=3))),
        kind(seed=draw(st.none() | st.integers(0, 2**128 - 1))),
        draw(st.integers(0, 2**128 - 1)),
    )


@settings(max_examples=50)
@given(request=requests())
def test_a_request_survives_its_folder(request: Request, tmp_path_factory) -> None:
    assert_same(saved(tmp_path_factory.mktemp("job"), request), request)


def test_programs_of_a_request_read_back_are_the_same(tmp_path) -> None:
    request = both_request()
    workload, again = expand(request), expand(saved(tmp_path, request))
    assert again.blocks == workload.blocks
    for one, other in zip(again.programs, workload.programs, strict=True):
        assert one.circuit == other.circuit
        np.testing.assert_array_equal(one.parameters, other.parameters)


def test_custom_gates_are_kept(tmp_path) -> None:
    class Flip(Gate):
        def __init__(self) -> None:
            super().__init__("flip", 1, [])

        def _define(self) -> None:
            self.definition = QuantumCircuit(1)
            self.definition.x(0)

    circuit = QuantumCircuit(1)
    circuit.append(Flip(), [0])
    request = estimator_request([circuit], [(0, "Z", [], 0.0)])
    loaded = saved(tmp_path, request)
    assert loaded.fingerprint == request.fingerprint
    assert loaded.circuits[0].decompose() == circuit.decompose()


def test_the_request_is_readable(tmp_path) -> None:
    saved(tmp_path, both_request(), "landscape")
    text = (tmp_path / "request.json").read_text()
    document = json.loads(text)
    assert document["name"] == "landscape"
    assert document["observables"][0] == {"XI": 0.5, "ZZ": 1.0}
    assert '\n  "primitive": "estimator",\n' in text
    assert '\n    {"circuit": 0, "parameters_shape": [200]' in text


def test_parameters_and_variants_explain_the_rows_of_shots(tmp_path) -> None:
    request = both_request(rows=3)
    saved(tmp_path, request)
    parameters = pq.read_table(tmp_path / "parameters.parquet").to_pylist()
    assert parameters[1] == {
        "pub": 0,
        "parameter": 1,
        "program": 0,
        "row": 1,
        "values": list(request.pubs[0].parameters[1]),
    }
    variants = pq.read_table(tmp_path / "variants.parquet").to_pylist()
    assert [variant["basis"] for variant in variants] == ["ZZ", "XZ", None]
    assert [variant["shots"] for variant in variants] == [16, 16, None]
    assert variants[2]["terms"] == ["XX", "ZI"]
    blocks = pq.read_table(tmp_path / "blocks.parquet").to_pylist()
    assert blocks[0] == {"block": 0, "program": 0, "start": 0, "stop": 3, "slice": 0, "slices": 1}


def test_metadata_of_circuits_that_json_cannot_say_is_refused(tmp_path) -> None:
    request = estimator_request([QuantumCircuit(1)], [(0, "Z", [], 0.0)])
    request.pubs[0].circuit_metadata["when"] = object()
    with pytest.raises(RequestError, match="pub 0: the metadata of its circuit"):
        saved(tmp_path, request)


def test_a_changed_request_is_noticed(tmp_path) -> None:
    saved(tmp_path, both_request())
    path = tmp_path / "request.json"
    path.write_text(path.read_text().replace('"seed": 7', '"seed": 8'))
    with pytest.raises(StoreError, match="was changed: its content has the fingerprint"):
        load_request(tmp_path)


@pytest.mark.parametrize("name", ["circuits.qpy", "parameters.parquet"])
def test_changed_files_are_noticed(tmp_path, name: str) -> None:
    saved(tmp_path, both_request())
    with (tmp_path / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(StoreError, match=f"{name} was changed"):
        load_request(tmp_path)


@pytest.mark.parametrize("key", ["store_schema", "request_schema"])
def test_another_version_is_refused(tmp_path, key: str) -> None:
    saved(tmp_path, registers_request())
    path = tmp_path / "request.json"
    document = json.loads(path.read_text()) | {key: 99}
    path.write_text(json.dumps(document))
    with pytest.raises(StoreVersionError, match=r"version .*99.* of the format, written by Shoal"):
        load_request(tmp_path)


def test_a_folder_without_a_request_is_no_job(tmp_path) -> None:
    with pytest.raises(StoreError, match=r"request.json: No such file"):
        read_document(tmp_path)


def test_blocks_that_differ_from_the_folders_are_noticed(tmp_path) -> None:
    saved(tmp_path, both_request())
    with pytest.raises(StoreVersionError, match="lists other blocks than this Shoal"):
        check_plan(tmp_path, read_document(tmp_path), expand(registers_request()))


def test_frames_that_differ_from_the_folders_are_noticed(tmp_path) -> None:
    request = estimator_request(
        [ansatz(2)],
        [(0, "ZZ", np.zeros((1, 2)), 0.125)],
        twirling={"enable_measure": True},
    )
    saved(tmp_path, request)
    workload = expand(request)
    (program,) = workload.programs
    other = replace(program, frames=(program.frames + 1) % 4)
    with pytest.raises(StoreVersionError, match="lists other random frames than this Shoal"):
        check_plan(tmp_path, read_document(tmp_path), replace(workload, programs=(other,)))


def test_rows_of_a_mitigated_job_are_explained(tmp_path) -> None:
    request = estimator_request(
        [ansatz(2)],
        [(0, "ZZ", np.arange(6.0).reshape(3, 2), 0.125)],
        resilience_level=1,
        resilience={"zne_mitigation": True},
        twirling={"num_randomizations": 4, "shots_per_randomization": 16},
    )
    saved(tmp_path, request)
    variants = pq.read_table(tmp_path / "variants.parquet").to_pylist()
    main = [variant for variant in variants if variant["role"] == "main"]
    assert {variant["noise_factor"] for variant in main} > {1.0}
    assert {variant["points"] for variant in main} == {main[0]["program"]}
    assert {variant["randomizations"] for variant in main} == {4}
    assert [v["points"] for v in variants if v["role"] == "calibration"] == [None]
    rows = pq.read_table(tmp_path / "parameters.parquet").column("row").to_pylist()
    assert rows == [0, 4, 8]
