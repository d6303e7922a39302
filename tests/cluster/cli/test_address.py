"""Where a command looks for a Ray that runs already, and what it refuses."""

from pathlib import Path

import pytest

from shoal.cluster.cli.exits import CommandFailed
from shoal.cluster.cli.settings import Settings, settings_of
from shoal.cluster.worker_kind import WorkerKind

PROFILE = """\
address = "head:6379"

[ray]
token_path = "token"
shared_store = false
runtime_env = { pip = ["shoal"] }
max_clock_skew_seconds = 3

[placement]
threads_per_worker = 2
gpus_per_worker = 0.5
labels = { pool = "fast" }
resources = { licence = 1 }
"""


def settings_from(folder: Path, text: str, **said) -> Settings:
    path = folder / "p.toml"
    path.write_text(text)
    return settings_of(path, None, None, None, **said)


def test_a_profile_says_how_a_ray_is_used(tmp_path) -> None:
    settings = settings_from(tmp_path, PROFILE)
    assert settings.address == "head:6379"
    assert settings.is_shared is False
    assert settings.attachment.token_path == str(tmp_path / "token")
    assert settings.attachment.runtime_env == {"pip": ["shoal"]}
    assert settings.attachment.max_skew_seconds == 3.0
    assert settings.placement.kind(7) == WorkerKind(
        workers=7, threads=2, gpus=0.5, labels={"pool": "fast"}, resources={"licence": 1.0}
    )


KINDS = """\
[slurm]
shared_store = "auto"

[kinds.wide]
workers = 2
threads_per_worker = 8
memory_per_worker = "16GiB"
labels = { "shoal.io/partition" = "fat" }

[kinds.gpu]
gpus_per_worker = 0.5
"""


def test_a_slurm_job_may_have_workers_of_several_kinds(tmp_path) -> None:
    settings = settings_from(tmp_path, KINDS)
    wide, gpu = settings.kinds
    labels = {"shoal.io/partition": "fat"}
    assert wide == WorkerKind(workers=2, threads=8, reserved_bytes=16 << 30, labels=labels)
    assert gpu == WorkerKind(gpus=0.5)
    assert (wide.slot.memory_bytes, wide.bundle["memory"]) == (16 << 30, float(16 << 30))
    assert settings.slurm.is_shared is None


def test_the_command_line_stands_before_the_profile(tmp_path) -> None:
    said = {"address": "ray://other:10001", "token_path": Path("mine")}
    settings = settings_from(tmp_path, PROFILE, **said)
    assert (settings.address, settings.attachment.token_path) == ("ray://other:10001", "mine")


def test_without_a_word_each_worker_looks_for_the_store(tmp_path) -> None:
    assert settings_from(tmp_path, "").is_shared is None
    assert settings_from(tmp_path, "ray.shared_store = true").is_shared is True


@pytest.mark.parametrize(
    ("text", "said", "words"),
    [
        ("", {"address": "nonsense"}, "address 'nonsense': expected HOST:PORT"),
        ('address = "head:port"', {}, "address 'head:port': expected HOST:PORT"),
        ('executor = "inline"', {"address": "head:1"}, "with executor 'inline': expected .*'ray'"),
        ('placement.labels = { a = "b" }', {}, "Ray that runs already, or of a Slurm job: say"),
        ("[slurm]\n[placement.resources]\na = 1", {}, "nodes of a Slurm job have labels"),
        ("[slurm]\n[kinds.a]\n[placement]\nthreads_per_worker = 2", {}, "say one of them"),
        ("workers = 2\n[slurm]\n[kinds.a]", {}, "each says how many workers it has"),
        ("[kinds.a]\nlabels = { a = 'b' }", {}, "kinds choose among the nodes"),
        ("labels.n1 = { 'a b' = 'c' }", {}, "found the name 'a b'"),
        ("placement.gpus_per_worker = 0.5", {}, "on this machine alone, a worker has one GPU"),
        ("placement.gpus_per_worker = 2", {}, "placement.gpus_per_worker: found 2"),
        ('ray.shared_store = "perhaps"', {}, "ray.shared_store"),
        ("ray.tocken_path = 'x'", {}, "ray.tocken_path: found 'x'"),
    ],
)
def test_what_makes_no_sense_ends_with_2_before_anything_starts(
    tmp_path, text, said, words
) -> None:
    with pytest.raises(CommandFailed, match=words) as failure:
        settings_from(tmp_path, text, **said)
    assert failure.value.code == 2
