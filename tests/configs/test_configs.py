"""The sweep files that ship: they read, and mean what they say."""

import csv
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector

from shoal.cluster.cli.settings import settings_of
from shoal.cluster.sweeps.request import request_of
from shoal.cluster.sweeps.sweep import read_sweep
from shoal.primitives.expansion import expand

CONFIGS = Path(str(resources.files("shoal.configs")))
FILES = sorted(CONFIGS.rglob("*.toml"))
SWEEPS = [path for path in FILES if "primitive" in tomllib.loads(path.read_text())]
PROFILES = [path for path in FILES if path not in SWEEPS]


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_sweep_that_ships_reads(path):
    sweep = read_sweep(path)
    assert sweep.name == path.stem
    assert expand(request_of(sweep)).blocks


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_every_profile_that_ships_reads(path):
    assert settings_of(path, None, None, None).executor in ("ray", "inline", "mpi")


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_what_a_profile_asks_of_ray_makes_sense(path):
    table = settings_of(path, None, None, None).slurm
    assert table is None or table.bring_up.min_nodes <= table.nodes


def test_profiles_of_sites_say_that_they_are_untested():
    sites = sorted((CONFIGS / "sites").glob("*.toml"))
    assert len(sites) >= 4
    assert all("UNTESTED" in path.read_text() for path in sites)


def test_h2_is_the_size_of_the_paper():
    workload = expand(request_of(read_sweep(CONFIGS / "h2_dissociation.toml")))
    assert len(workload.observables) == 54
    assert workload.shots_drawn() == 30_030_000


def test_h2_ansatz_reaches_the_published_ground_states():
    (pub, _) = read_sweep(CONFIGS / "h2_dissociation.toml").pubs
    with (CONFIGS / "data" / "h2_omalley2016_table1.csv").open() as file:
        published = [float(line["E0"]) for line in csv.DictReader(file)]
    states = [Statevector(pub.circuit.assign_parameters(values)) for values in pub.parameters]
    amplitudes = np.array([state.data for state in states])
    for terms, energy in zip(pub.observables.ravel().tolist(), published, strict=True):
        matrix = SparsePauliOp.from_list(list(terms.items())).to_matrix()
        energies = np.einsum("ri,ij,rj->r", amplitudes.conj(), matrix, amplitudes).real
        # The grid's step of 0.0063 leaves some 1e-5 Ha between the best angle and the optimum.
        assert energy <= energies.min() + 1e-9
        assert energies.min() < energy + 4e-5


def test_qaoa_scans_a_cubic_graph_of_ten_nodes():
    (pub, _) = read_sweep(CONFIGS / "qaoa_maxcut.toml").pubs
    (terms,) = pub.observables.ravel().tolist()
    edges = [label for label in terms if label.count("Z") == 2]
    assert len(edges) == 15
    assert [sum(label[node] == "Z" for label in edges) for node in range(10)] == [3] * 10
    assert pub.parameters.shape == (100, 100, 2)


def test_qaoa_reaches_the_known_optimum():
    (pub, _) = read_sweep(CONFIGS / "qaoa_maxcut.toml").pubs
    best = {"gamma": np.arctan(1 / np.sqrt(2)), "beta": np.pi / 8}
    state = Statevector(pub.circuit.assign_parameters(best))
    (terms,) = pub.observables.ravel().tolist()
    cut = state.expectation_value(SparsePauliOp.from_list(list(terms.items()))).real
    assert cut == pytest.approx(15 * (0.5 + 1 / (3 * np.sqrt(3))))
