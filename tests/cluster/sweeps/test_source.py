"""The text of sweep files: overrides, and messages that say where and what."""

import pytest

from shoal.cluster.sweeps.source import read_source
from shoal.cluster.sweeps.toml_lines import line_of_key
from shoal.primitives.errors import RequestError


def test_unknown_key_is_named_with_its_line_and_the_known_ones(write_sweep):
    path = write_sweep(("precision = 0", "precison = 0"))
    message = r"sweep.toml:2: precison: unknown key.*did you mean 'precision'.*known keys: circuits"
    with pytest.raises(RequestError, match=message):
        read_source(path)


def test_unknown_key_of_a_table_lists_the_keys_of_that_table(write_sweep):
    path = write_sweep(("terms = {", "term = {"))
    with pytest.raises(
        RequestError, match=r"observables.zz.term: .*known keys: arguments, columns"
    ):
        read_source(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("precision = 0", 'precision = "x"', "precision: expected a number or a formula"),
        ("precision = 0", "precision = true", "precision: expected a number"),
        ('"estimator"', '"guess"', "primitive: found 'guess'; .*'estimator' or 'sampler'"),
        ("precision = 0", "shots = 10", "an estimator takes precision, not shots"),
        ("precision = 0", "seed = -1", "seed: found -1; .*greater than or equal to 0"),
        ("precision = 0", "workers = 1.5", "workers: found 1.5; .*integer"),
        ('[0, "pi", 3]', '[0, "pi"]', "linspace"),
        ('[0, "pi", 3]', '[0, "pi", 0]', "linspace"),
        ("phi = [0.1, 0.2]", "phi = { uniform = [0, 1], values = [1] }", "exactly one of values"),
        ("qasm =", "arguments = {a = 1}\nqasm =", "arguments go with function"),
        ("terms =", "labels = ['a']\nterms =", "columns and labels go with file"),
        ('kind = "grid"', 'kind = "grid"\ncount = 3', "does not take count"),
        ('kind = "grid"', 'kind = "random"', "needs count"),
        ("precision = 0", "options = { seed = 1 }", "seed is a key of the sweep itself"),
    ],
)
def test_wrong_values_are_refused_by_key(write_sweep, old, new, words):
    with pytest.raises(RequestError, match=words):
        read_source(write_sweep((old, new)))


def test_text_that_is_no_toml_is_refused(write_sweep):
    with pytest.raises(RequestError, match="not valid TOML"):
        read_source(write_sweep(("precision = 0", "precision = ")))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(RequestError, match=r"none.toml: cannot read the sweep file"):
        read_source(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("override", "found"),
    [
        ("seed=3", lambda table: table.seed == 3),
        ("name=x", lambda table: table.name == "x"),
        ("precision=[0, 0.5]", lambda table: table.precision == [0, 0.5]),
        ("parameters.axes.phi=[1]", lambda table: table.parameters.axes["phi"].values == [1]),
        ("options.simulator.method=stabilizer", lambda table: "simulator" in table.options),
        ("report.kind=minimum", lambda table: table.report.kind == "minimum"),
    ],
)
def test_overrides_set_one_key(write_sweep, override, found):
    assert found(read_source(write_sweep(), [override]).table)


@pytest.mark.parametrize("override", ["seed", "=3", "a..b=3"])
def test_overrides_that_are_none_are_refused(write_sweep, override):
    with pytest.raises(RequestError, match="--set"):
        read_source(write_sweep(), [override])


def test_lines_are_found_inside_arrays_and_past_long_strings():
    text = "a = '''\nb = 1\n'''\n[[c]]\nd = 1\n[[c]]\n[c.e]\nf.g = 2\n"
    assert line_of_key(text, ["a"]) == 1
    assert line_of_key(text, ["b"]) is None
    assert line_of_key(text, ["c", 0, "d"]) == 5
    assert line_of_key(text, ["c", 1, "e", "f", "g"]) == 8
    assert line_of_key(text, ["c", 1, "x"]) == 6
