"""Parameter sections: every kind, and the files that values come from."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from shoal.cluster.sweeps.model import ParametersTable
from shoal.cluster.sweeps.parameters import read_parameters


def values_of(said, names, folder=Path()):
    """Read a section that is written as Python, and lay it out for a circuit's parameters."""
    table = ParametersTable.model_validate_json(json.dumps(said))
    return read_parameters(table, folder).values_for(names)


def test_no_section_is_one_empty_set(tmp_path):
    assert read_parameters(None, tmp_path).values_for([]).shape == (0,)


def test_zip_takes_axes_side_by_side():
    said = {"kind": "zip", "axes": {"a": [1, 2, 3], "b": {"linspace": [0, 1, 3]}, "c": 5}}
    assert values_of(said, ["a", "b", "c"]).tolist() == [[1, 0, 5], [2, 0.5, 5], [3, 1, 5]]


def test_zip_of_unequal_lengths_is_refused():
    with pytest.raises(ValueError, match="a: 2, b: 3; kind = 'zip' expects one length"):
        values_of({"kind": "zip", "axes": {"a": [1, 2], "b": [1, 2, 3]}}, ["a", "b"])


def test_constants_take_no_axis_of_a_grid():
    values = values_of({"axes": {"a": [1, 2], "b": 7}}, ["a", "b"])
    assert values.tolist() == [[1, 7], [2, 7]]


def test_arange_excludes_the_stop():
    assert values_of({"axes": {"a": {"arange": [0, 1, 0.25]}}}, ["a"]).size == 4


def test_random_values_depend_on_the_name_and_the_seed_alone():
    said = {"kind": "random", "count": 5, "seed": 1, "axes": {"v": {"uniform": [0, 1]}}}
    wide = values_of(said, ["v[0]", "v[1]", "v[2]"])
    narrow = values_of(said, ["v[1]"])
    assert np.array_equal(wide[:, 1], narrow[:, 0])
    assert len(np.unique(wide)) == 15
    assert wide.min() >= 0
    assert wide.max() <= 1


def test_random_names_that_fit_nothing_are_refused():
    said = {"kind": "random", "count": 5, "axes": {"w": {"normal": [0, 1]}}}
    with pytest.raises(ValueError, match="missing: v; not in the circuit: w"):
        values_of(said, ["v"])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_are_read_by_column(tmp_path, suffix):
    table = pa.table({"t": [1.0, 2.0], "f": [3.0, 4.0], "note": ["x", "y"]})
    path = tmp_path / f"values.{suffix}"
    if suffix == "csv":
        pa.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    said = {"kind": "table", "file": path.name, "columns": {"theta": "t", "phi": "f"}}
    assert values_of(said, ["phi", "theta"], tmp_path).tolist() == [[3, 1], [4, 2]]


def test_arrays_are_read_by_position(tmp_path):
    np.save(tmp_path / "values.npy", np.arange(12.0).reshape(2, 3, 2))
    assert values_of({"kind": "table", "file": "values.npy"}, ["a", "b"], tmp_path).shape == (
        2,
        3,
        2,
    )


def test_arrays_are_never_unpickled(tmp_path):
    np.save(tmp_path / "values.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="cannot read"):
        values_of({"kind": "table", "file": "values.npy"}, ["a"], tmp_path)


def test_a_value_that_is_not_finite_is_named_by_set_and_column(tmp_path):
    (tmp_path / "v.csv").write_text("theta\n1.0\nnan\n")
    with pytest.raises(ValueError, match="'theta' of set 2 is nan"):
        values_of({"kind": "table", "file": "v.csv"}, ["theta"], tmp_path)


def test_a_missing_column_lists_the_columns_there_are(tmp_path):
    (tmp_path / "v.csv").write_text("theta\n1.0\n")
    said = {"kind": "table", "file": "v.csv", "columns": {"theta": "t"}}
    with pytest.raises(ValueError, match="no column 't'; its columns: theta"):
        values_of(said, ["theta"], tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read .*v.parquet"):
        values_of({"kind": "table", "file": "v.parquet"}, ["theta"], tmp_path)


def test_ragged_values_are_refused():
    with pytest.raises(ValueError, match="set 2 has 1 values, the first has 2"):
        values_of({"kind": "values", "values": [[1, 2], [3]]}, ["a", "b"])


def test_a_grid_beyond_memory_is_refused():
    axes = {name: {"linspace": [0, 1, 10000]} for name in "abc"}
    with pytest.raises(ValueError, match="10000 x 10000 x 10000 sets"):
        values_of({"axes": axes}, ["a", "b", "c"])
