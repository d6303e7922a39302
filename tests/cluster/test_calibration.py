"""Measured paces: kept, read back, and measured again whenever they cannot be trusted."""

import json
from dataclasses import replace

import pytest

from shoal.cluster.cache_folder import cache_folder, use_cache_folder
from shoal.cluster.calibration import kinds_of, machine, measured, paces, remembered, with_guess
from shoal.orchestrator.paces import Paces
from shoal.orchestrator.policies import Policy
from shoal.primitives.expansion import expand
from tests.primitives.requests import ansatz, estimator_request

FOUND = Paces("another machine", "2025-01-01T00:00:00+00:00", {"batched, statevector": 0.5})


def the_file(folder):
    (path,) = folder.iterdir()
    return path


def test_a_measurement_is_made_once(tmp_path):
    first = paces(tmp_path / "new")
    assert {"batched, statevector", "aer, statevector"} <= first.seconds.keys()
    assert paces(tmp_path / "new") == first == remembered(tmp_path / "new")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[1]", b'{"schema": 1, "seconds": {"a": -1}}', b'{"schema": 99}'],
)
def test_what_cannot_be_read_is_measured_again(tmp_path, monkeypatch, content):
    monkeypatch.setattr("shoal.cluster.calibration._measure", lambda: iter([("a", 2.0)]))
    measured(tmp_path)
    the_file(tmp_path).write_bytes(content)
    assert remembered(tmp_path) is None
    assert paces(tmp_path).seconds == {"a": 2.0}
    assert remembered(tmp_path) is not None


def test_paces_of_another_machine_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr("shoal.cluster.calibration._measure", lambda: iter([("a", 2.0)]))
    measured(tmp_path)
    path = the_file(tmp_path)
    path.write_text(path.read_text().replace(machine(), "a machine of somebody else"))
    assert remembered(tmp_path) is None


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(tmp_path, monkeypatch):
    monkeypatch.setattr("shoal.cluster.calibration._measure", lambda: iter([("a", 2.0)]))
    (tmp_path / "file").write_text("")
    assert paces(tmp_path / "file" / "cache").seconds == {"a": 2.0}


def test_a_measurement_sizes_first_shards_and_chooses_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOAL_CACHE", str(tmp_path))
    request = estimator_request([ansatz()], [(0, "ZZ", [[0.1, 0.2]], 0.0)])
    workload = expand(request)
    kinds = kinds_of(request, workload)
    assert not with_guess(Policy(), request, workload).guess.is_known
    monkeypatch.setattr("shoal.cluster.calibration._measure", lambda: iter([(kinds[0], 1e6)]))
    measured(tmp_path)
    guess = with_guess(Policy(), request, workload).guess
    assert guess.expect(1.0) == pytest.approx(1e6)
    assert kinds_of(request, workload) == kinds
    assert expand(request).blocks == workload.blocks


def test_a_kind_that_was_not_measured_is_taken_for_the_middle_of_the_others():
    found = replace(FOUND, seconds={"a": 1.0, "b": 4.0})
    assert (found.of("a"), found.of("c")) == pytest.approx((1.0, 2.0))
    assert Paces.from_json(found.to_json()) == found
    assert Paces.from_json(json.dumps({**json.loads(found.to_json()), "seconds": {}})) is None


def test_the_cache_is_the_users_own_or_the_profiles(tmp_path, monkeypatch):
    monkeypatch.delenv("SHOAL_CACHE")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "kept")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "shoal"
    monkeypatch.setenv("SHOAL_CACHE", "replaced")
    use_cache_folder(tmp_path / "site")
    assert cache_folder() == tmp_path / "site"
