"""Observable sections: inline terms, CSV, JSON, functions."""

import json

import pytest

from shoal.cluster.sweeps.model import ObservablesTable
from shoal.cluster.sweeps.observables import read_observables


def observables_of(said, folder, num_qubits=2):
    table = ObservablesTable.model_validate_json(json.dumps(said))
    return read_observables(table, "h", folder, num_qubits)


def test_terms_are_one_observable_named_by_the_section(tmp_path):
    (one,) = observables_of({"terms": {"ZZ": 0.5, "X+": "1/4"}}, tmp_path)
    assert one.terms == {"ZZ": 0.5, "X+": 0.25}
    assert one.labels == {"observable": "h"}


def test_sparse_terms_count_qubits_from_zero(tmp_path):
    said = {"sparse": [["ZX", [0, 2], 0.5], ["", [], 2]]}
    (one,) = observables_of(said, tmp_path, num_qubits=3)
    assert one.terms == {"XIZ": 0.5, "III": 2.0}


def test_sparse_terms_beyond_the_circuit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="sparse terms on 2 qubits"):
        observables_of({"sparse": [["Z", [5], 1]]}, tmp_path)


def test_each_is_several_observables(tmp_path):
    found = observables_of({"each": ["ZZ", {"XX": 1, "YY": 2}]}, tmp_path)
    assert [one.labels["observable"] for one in found] == ["ZZ", "h[1]"]


def test_csv_has_an_observable_a_line(tmp_path):
    (tmp_path / "h.csv").write_text("# source\nR,c0,ZZ\n0.2,1,0.5\n0.3,2,0.25\n")
    said = {"file": "h.csv", "columns": {"c0": "II", "ZZ": "ZZ"}, "labels": ["R"]}
    first, second = observables_of(said, tmp_path)
    assert (first.terms, first.labels) == ({"II": 1.0, "ZZ": 0.5}, {"R": 0.2})
    assert second.terms == {"II": 2.0, "ZZ": 0.25}


def test_csv_columns_may_be_named_by_their_labels(tmp_path):
    (tmp_path / "h.csv").write_text("ZZ,XX\n1,2\n")
    (one,) = observables_of({"file": "h.csv"}, tmp_path)
    assert one.terms == {"ZZ": 1.0, "XX": 2.0}


def test_csv_weight_that_is_no_number_is_named(tmp_path):
    (tmp_path / "h.csv").write_text("ZZ,XX\n1,2\n3,x\n")
    with pytest.raises(ValueError, match="observable 2, column 'XX': expected a number"):
        observables_of({"file": "h.csv"}, tmp_path)


def test_csv_without_the_column_lists_its_columns(tmp_path):
    (tmp_path / "h.csv").write_text("ZZ,XX\n1,2\n")
    with pytest.raises(ValueError, match="no column 'a'; its columns: ZZ, XX"):
        observables_of({"file": "h.csv", "columns": {"a": "ZZ"}}, tmp_path)


def test_json_holds_terms_or_a_list_of_them(tmp_path):
    (tmp_path / "h.json").write_text('[{"ZZ": 0.5, "XX": 1}, "YY"]')
    assert [one.terms for one in observables_of({"file": "h.json"}, tmp_path)] == [
        {"ZZ": 0.5, "XX": 1.0},
        {"YY": 1.0},
    ]


@pytest.mark.parametrize("content", ["[1]", "[]", "{", "3"])
def test_json_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "h.json").write_text(content)
    with pytest.raises(ValueError, match=r"h\.json"):
        observables_of({"file": "h.json"}, tmp_path)


@pytest.mark.parametrize("label", ["ZQ", "z", "Z Z"])
def test_letters_that_are_none_are_refused(tmp_path, label):
    with pytest.raises(ValueError, match="expected letters of IXYZ01"):
        observables_of({"terms": {label: 1}}, tmp_path)


def test_labels_of_unequal_length_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"labels of \[1, 2\] letters"):
        observables_of({"terms": {"ZZ": 1, "Z": 1}}, tmp_path)


def test_an_operator_that_is_not_hermitian_is_refused(tmp_path, monkeypatch):
    (tmp_path / "not_hermitian.py").write_text(
        "from qiskit.quantum_info import SparsePauliOp\n"
        "def h():\n    return SparsePauliOp(['ZZ'], [1j])\n"
    )
    with pytest.raises(ValueError, match="not Hermitian"):
        observables_of({"function": "not_hermitian:h"}, tmp_path)
