"""What cannot work ends with one clear line, in Slurm's words where they are Slurm's."""

import re
from pathlib import Path

import pytest

from tests.slurm.provision import ROOT

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

GHZ = ROOT / "src" / "shoal" / "configs" / "ghz_sampler.toml"
JOB_SECONDS = 300.0


def profile_of(slurm, name: str, text: str) -> Path:
    path = slurm.shared / f"{name}.toml"
    path.write_text(f"[slurm]\n{text}")
    return path


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("partition", 'partition = "nowhere"\n', r"sbatch: error: .*partition.*"),
        ("gpus", "gpus_per_node = 9\n", "Requested node configuration is not available"),
    ],
)
def test_slurms_refusal_is_told_in_its_words(slurm, name: str, text: str, words: str) -> None:
    profile = profile_of(slurm, name, text)
    store = slurm.shared / f"{name}-store"
    said = slurm.run(
        "shoal", "submit", str(GHZ), "--profile", str(profile), "--store", str(store), check=False
    )
    assert said.returncode == 2
    assert re.fullmatch(f"shoal: Slurm refuses the job: .*{words}.*\n", said.stderr)
    assert not store.exists()


def test_a_controller_that_does_not_answer_is_told_in_slurms_words(slurm) -> None:
    profile = profile_of(slurm, "down", "nodes = 1\n")
    config = slurm.shared / "down.conf"
    config.write_text(Path(slurm.env["SLURM_CONF"]).read_text() + "SlurmctldPort=1\n")
    submit = ("shoal", "submit", str(GHZ), "--profile", str(profile))
    store = slurm.shared / "down-store"
    said = slurm.run("env", f"SLURM_CONF={config}", *submit, "--store", str(store), check=False)
    assert said.returncode == 2
    assert re.fullmatch(r"shoal: .*Unable to contact slurm controller.*\n", said.stderr)
    assert not store.exists()


def test_what_cannot_start_ends_with_2_and_one_line(slurm) -> None:
    bind = "import socket, time; s = socket.socket(); s.bind(('', 45678))"
    blocked = f"{bind}; print('bound', flush=True); time.sleep(3000)"
    blocking = slurm.sbatch(f'#!/bin/bash\nexec python -c "{blocked}"', "-N1", "-w", "n3")
    slurm.until(lambda: "bound" in slurm.output(blocking))
    cases = {
        "unseen": ("-wn1,n2", "", "/tmp/store", "the store /tmp/store is not seen by n2"),
        "interface": ("-wn4", 'interface = "hsn9"', None, "no network interface 'hsn9'"),
        "port": ("-wn3", "port = 45678", None, "port 45678 of n3 .* Address already in use"),
    }
    jobs = {}
    for name, (where, text, store, _) in cases.items():
        profile = profile_of(slurm, name, f"min_nodes = 1\n{text}\n")
        options = f"--profile {profile} --store {store or slurm.shared / f'{name}-store'}"
        jobs[name] = slurm.sbatch(f"#!/bin/bash\nexec shoal run {GHZ} {options}", where, "-c1")
    for name, job in jobs.items():
        ended = slurm.wait(job, "FAILED", timeout=JOB_SECONDS)
        assert ended["ExitCode"] == "2:0"
        assert re.search(f"^shoal: .*{cases[name][-1]}", slurm.output(job), re.MULTILINE)
        assert "Traceback" not in slurm.output(job)
