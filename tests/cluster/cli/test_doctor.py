"""``shoal doctor``: findings, and none that breaks the others."""

import re

from shoal.cluster.cli.checkup import checkup


def test_doctor_finds_what_is_here(shoal, store):
    ended = shoal("doctor", "--store", store)
    assert ended.code == 0
    for what in ("Python", "packages", "cores", "memory", "Aer", "GPUs", "store", "Slurm", "MPI"):
        assert what in ended.out


def test_a_store_that_cannot_be_written_is_bad(tmp_path):
    (tmp_path / "file").write_text("")
    found = {one.what: one for one in checkup(tmp_path / "file" / "store")}
    assert found["store"].verdict == "bad"
    assert found["cores"].verdict != "bad"


def test_doctor_leaves_nothing_behind(shoal, tmp_path):
    shoal("doctor", "--store", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_warming_says_how_long_it_took(shoal):
    ended = shoal("doctor", "--warm")
    assert ended.code == 0
    assert re.match(r"kernels ready after \d+\.\d s", ended.out)
    assert re.search(r"batched, statevector +\d", ended.out)
