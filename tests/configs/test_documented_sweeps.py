"""The sweep files in the documentation are sweep files."""

import re
from pathlib import Path

import pytest

from shoal.cluster.cli.settings import ProfileTable
from shoal.cluster.slurm.slurm_table import SlurmTable
from shoal.cluster.sweeps.model import (
    AxisTable,
    CircuitTable,
    GroupTable,
    ObservablesTable,
    ParametersTable,
    ReportTable,
    SweepTable,
)
from shoal.cluster.sweeps.request import request_of
from shoal.cluster.sweeps.sweep import read_sweep
from shoal.primitives.expansion import expand

DOCS = Path(__file__).parents[2] / "docs"
TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SWEEPS = [text for text in TOML.findall((DOCS / "sweeps.md").read_text()) if "primitive" in text]


@pytest.mark.parametrize("text", SWEEPS, ids=lambda text: text.split("[circuits.")[1].split("]")[0])
def test_documented_sweeps_read(text, tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    assert expand(request_of(read_sweep(path))).blocks


@pytest.mark.parametrize(
    "table",
    [
        AxisTable, CircuitTable, GroupTable, ObservablesTable, ParametersTable, ReportTable,
        SweepTable,
    ],
)  # fmt: skip
def test_every_key_of_a_sweep_is_documented(table):
    words = set(re.findall(r"[a-z_]+", (DOCS / "sweeps.md").read_text()))
    assert set(table.model_fields) - words == set()


def test_every_key_of_a_profile_is_documented():
    page = (DOCS / "cli.md").read_text()
    (text,) = TOML.findall(page)
    keys = re.findall(r"^([a-z]+) =", text, re.MULTILINE)
    tables = re.findall(r"`\[([a-z]+)\]`", page)
    assert {*keys, *tables} == set(ProfileTable.model_fields)


def test_every_key_of_the_table_slurm_is_documented():
    rows = re.findall(r"^\| (`[^|]*) \|.*\|.*\|$", (DOCS / "slurm.md").read_text(), re.MULTILINE)
    documented = {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}
    assert set(SlurmTable.model_fields) <= documented
