"""``shoal run``: from a sweep file to a table, once and again, whole and interrupted."""

import contextlib
import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.held_blocks import Hold, held_environment

from shoal.orchestrator.job_folders import open_job, stored_jobs

SLOW_SWEEP = """\
name = "slow"
primitive = "estimator"
precision = 0.02
engine = "aer"

[circuits.long]
function = "long_circuit:long_circuit"

[observables.z]
terms = { ZZZZZZZZ = 1 }

[parameters]
kind = "grid"
axes.theta = { linspace = [0, 1, 4000] }
"""
LONG_CIRCUIT = """\
from qiskit.circuit import Parameter, QuantumCircuit


def long_circuit():
    circuit = QuantumCircuit(8)
    theta = Parameter("theta")
    for layer in range(40):
        for qubit in range(8):
            circuit.ry(theta, qubit)
            circuit.cx(qubit, (qubit + 1) % 8)
    return circuit
"""


@pytest.fixture
def slow_sweep(tmp_path: Path) -> Path:
    (tmp_path / "long_circuit.py").write_text(LONG_CIRCUIT)
    path = tmp_path / "slow.toml"
    path.write_text(SLOW_SWEEP)
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store for the run that nothing interrupts, shared by those that are."""
    return tmp_path_factory.mktemp("undisturbed") / "store"


def job_folder(store: Path) -> Path:
    (job,) = stored_jobs(store)
    return job.folder


def digest_of_result(folder: Path) -> str:
    return hashlib.sha256((folder / "results" / "result.parquet").read_bytes()).hexdigest()


def wait_for_blocks(store: Path, blocks: int, process) -> None:
    """Wait until a job has committed some blocks."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        if store.is_dir() and any(job.blocks_done >= blocks for job in stored_jobs(store)):
            return
        if process.poll() is not None:
            raise AssertionError(process.communicate())
        time.sleep(0.1)
    raise AssertionError("no block was committed in time")


def test_run_prints_the_table_and_where_results_lie(shoal, sweep, store):
    ended = shoal("run", sweep, "--store", store, "--executor", "inline")
    assert ended.code == 0, ended.err
    assert "diagonalisation" in ended.out
    path = job_folder(store) / "results" / "labelled.parquet"
    assert str(path) in ended.out
    assert pq.read_table(path).num_rows == 2 * 2 * 63


def test_plain_output_has_no_control_characters(shoal, sweep, store):
    ended = shoal("run", sweep, "--store", store, "--executor", "inline")
    everything = (ended.out + ended.err).replace("\n", "")
    assert everything.isprintable()


def test_running_again_returns_the_stored_result(shoal, sweep, store):
    first = shoal("run", sweep, "--store", store, "--executor", "inline")
    ledger = (job_folder(store) / "ledger.jsonl").read_bytes()
    again = shoal("run", sweep, "--store", store, "--executor", "inline")
    assert again.code == 0
    assert "nothing was run again" in again.out
    assert (job_folder(store) / "ledger.jsonl").read_bytes() == ledger
    table = first.out[: first.out.index("Every line")]
    assert again.out.startswith(table)


def test_another_seed_is_another_job(shoal, sweep, store):
    for seed in (1, 2):
        shoal("run", sweep, "--store", store, "--executor", "inline", "--set", f"seed={seed}")
    assert len(stored_jobs(store)) == 2


def test_numbers_of_workers_do_not_change_the_result(shoal, sweep, tmp_path):
    digests = set()
    for workers in (1, 2, 3):
        store = tmp_path / f"store-{workers}"
        shoal("run", sweep, "--store", store, "--executor", "inline", "--workers", workers)
        digests.add(digest_of_result(job_folder(store)))
    assert len(digests) == 1


def test_a_heatmap_is_numbers_where_there_is_no_terminal(shoal, sweep, store):
    ended = shoal(
        "run", sweep, "--store", store, "--executor", "inline", "--set", "report.kind=heatmap"
    )
    assert "theta down, phi across" in ended.out
    assert ended.out.replace("\n", "").isprintable()


def test_a_sampler_lists_what_it_saw_most(shoal, tmp_path, store):
    path = tmp_path / "coin.toml"
    path.write_text(
        'primitive = "sampler"\nshots = [100, 50]\n'
        '[circuits.coin]\nqasm = "OPENQASM 2.0; include \\"qelib1.inc\\"; qreg q[1]; creg c[1];'
        ' x q[0]; measure q -> c;"\n'
    )
    ended = shoal("run", path, "--store", store, "--executor", "inline")
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert any("100" in line and "1 100" in line for line in lines)
    assert any("50" in line and "1 50" in line for line in lines)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("precison=1", "unknown key 'precison'"),
        ("observables.h.each=['ZZZ']", "3 qubits ('ZZZ'), expected 2"),
        ("parameters.axes.theta=[nan]", "expected a finite number"),
        ("parameters.axes.psi=1", "not in the circuit: psi"),
        ("circuits.turn.qasm='OPENQASM 3.0; qubit q; x q'", "does not parse"),
        ("engine=abacus", "abacus"),
        ("options.resilience_levle=1", "resilience_levle"),
    ],
)
def test_wrong_input_ends_with_2_and_starts_nothing(shoal, sweep, store, override, words):
    ended = shoal("run", sweep, "--store", store, "--set", override)
    assert ended.code == 2
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert not store.exists()


def test_a_store_that_cannot_be_written_ends_with_2(shoal, sweep, tmp_path):
    (tmp_path / "file").write_text("")
    ended = shoal("run", sweep, "--store", tmp_path / "file" / "store", "--executor", "inline")
    assert ended.code == 2
    assert str(tmp_path / "file") in ended.err


def test_a_store_of_another_version_ends_with_2(shoal, sweep, store):
    shoal("run", sweep, "--store", store, "--executor", "inline")
    path = job_folder(store) / "request.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "store_schema": 99}))
    ended = shoal("run", sweep, "--store", store, "--executor", "inline")
    assert ended.code == 2
    assert "version 99" in ended.err


def test_an_unwritable_profile_key_ends_with_2(shoal, sweep, tmp_path):
    (tmp_path / "p.toml").write_text("worker = 3\n")
    ended = shoal("run", sweep, "--profile", tmp_path / "p.toml")
    assert ended.code == 2
    assert "known keys: address, cache, executor, " in ended.err


def test_a_profile_says_where_and_how(shoal, sweep, tmp_path):
    (tmp_path / "p.toml").write_text('store = "jobs"\nexecutor = "inline"\nworkers = 1\n')
    ended = shoal("run", sweep, "--profile", tmp_path / "p.toml")
    assert ended.code == 0, ended.err
    assert len(stored_jobs(tmp_path / "jobs")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_an_interrupted_run_resumes_to_the_same_result(
    shoal, start_shoal, slow_sweep, store, undisturbed, number, code
):
    run = ("run", slow_sweep, "--executor", "inline", "--workers", 2)
    hold = Hold(store)
    process = start_shoal(*run, "--store", store, **held_environment(store))
    wait_for_blocks(store, 1, process)
    process.send_signal(number)
    hold.slow()
    _, err = process.communicate(timeout=100)
    assert process.returncode == code, err
    assert "Traceback" not in err
    folder = job_folder(store)
    if number != signal.SIGKILL:
        assert f"shoal resume {folder.name} --store {store}" in err
    kept = {path.name for path in (folder / "segments").iterdir() if path.suffix == ".parquet"}
    assert kept
    assert shoal(*run, "--store", store).code == 0
    assert kept <= {path.name for path in (folder / "segments").iterdir()}
    if not undisturbed.exists():
        assert shoal(*run, "--store", undisturbed).code == 0
    assert digest_of_result(folder) == digest_of_result(job_folder(undisturbed))


@pytest.mark.slow
def test_cancel_ends_a_run_of_another_process(shoal, start_shoal, slow_sweep, store):
    Hold(store)
    run = ("run", slow_sweep, "--executor", "inline", "--store", store)
    process = start_shoal(*run, **held_environment(store))
    wait_for_blocks(store, 1, process)
    running = shoal("status", "slow", "--store", store)
    assert f"running by process {process.pid}" in running.out
    ended = shoal("cancel", "slow", "--store", store)
    _, err = process.communicate(timeout=100)
    assert (ended.code, process.returncode) == (0, 1), err
    assert "was cancelled" in ended.out
    assert "shoal resume slow" in err
    assert "state    stopped" in shoal("status", "slow", "--store", store).out


def damage(folder: Path) -> Path:
    """Change one byte in the middle of a segment."""
    path = sorted((folder / "segments").glob("*.parquet"))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    return path


def test_a_damaged_segment_ends_with_2_and_is_repaired_on_request(shoal, sweep, store):
    run = ("run", sweep, "--store", store, "--executor", "inline")
    shoal(*run)
    folder = job_folder(store)
    digest = digest_of_result(folder)
    shutil.rmtree(folder / "results")
    path = damage(folder)
    refused = shoal(*run)
    assert refused.code == 2
    assert path.name in refused.err
    assert "--repair" in refused.err
    repaired = shoal(*run, "--repair")
    assert repaired.code == 0, repaired.err
    assert digest_of_result(folder) == digest


def test_a_job_that_another_process_drives_is_left_alone(shoal, sweep, store):
    run = ("run", sweep, "--store", store, "--executor", "inline")
    shoal(*run)
    folder = job_folder(store)
    shutil.rmtree(folder / "results")
    with open_job(folder):
        ended = shoal(*run)
    assert ended.code == 2
    assert "is driven by process" in ended.err


def test_a_terminal_sees_progress_and_colours(sweep, store, tmp_path):
    """A pseudo-terminal of 100 columns: the live line is there, and gone at the end."""
    program = (
        "import sys; from shoal.cluster.cli import main; "
        f"main(['run', {str(sweep)!r}, '--store', {str(store)!r}, '--executor', 'inline', "
        "'--set', 'report.kind=heatmap'])"
    )
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    seen = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(leader, 65536):
            seen += chunk
    os.close(leader)
    assert process.wait(timeout=200) == 0, seen
    text = seen.decode()
    assert "▀" in text
    assert "\x1b[" in text
    assert "evaluations/s" in text


@pytest.mark.slow
def test_a_ray_of_our_own_gives_the_same_bits(shoal, sweep, tmp_path):
    inline, ray = tmp_path / "inline", tmp_path / "ray"
    assert shoal("run", sweep, "--store", inline, "--executor", "inline").code == 0
    ended = shoal("run", sweep, "--store", ray, "--workers", 2)
    assert ended.code == 0, ended.err
    assert "starting Ray" in ended.err
    assert digest_of_result(job_folder(ray)) == digest_of_result(job_folder(inline))
    assert (ended.out + ended.err).replace("\n", "").isprintable()
