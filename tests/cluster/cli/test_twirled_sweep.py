"""A twirled sampler in a store: raw shots, flips apart, and the bits of a run in this process."""

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from qiskit import qasm3

from shoal.cluster import open_store
from shoal.orchestrator.job_folders import stored_jobs
from shoal.primitives import Sampler

QASM = """\
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
qubit[2] q;
bit[2] c;
ry(theta) q[0];
cx q[0], q[1];
c = measure q;
"""

SWEEP = f"""\
name = "flipped"
primitive = "sampler"
seed = 5
options.default_shots = 128

[circuits.turn]
qasm = '''
{QASM}'''

[parameters]
kind = "grid"
axes.theta = {{ linspace = [0, 3, 3] }}

[options.twirling]
enable_measure = true
num_randomizations = 8
shots_per_randomization = 16
"""


def test_flips_from_the_store_turn_raw_shots_into_the_result(shoal, tmp_path, store):
    path = tmp_path / "flipped.toml"
    path.write_text(SWEEP, encoding="utf-8")
    ended = shoal("run", path, "--store", store, "--executor", "inline")
    assert ended.code == 0, ended.err
    (job,) = stored_jobs(store)
    found = open_store(store).job(job.job_id).result()[0].data.c

    options = {
        "seed": 5,
        "twirling": {
            "enable_measure": True, "num_randomizations": 8, "shots_per_randomization": 16
        },
    }  # fmt: skip
    pub = qasm3.loads(QASM), np.linspace(0, 3, 3)
    np.testing.assert_array_equal(
        Sampler(options=options).run([pub], shots=128).result()[0].data.c.array, found.array
    )

    raw = ds.dataset(job.folder / "segments").to_table().to_pylist()
    table = pq.read_table(job.folder / "randomizations.parquet").to_pylist()
    flips = {line["row"]: line["flips_c"][0] for line in table}
    ones = np.zeros((3, 4), dtype=int)
    for line in raw:
        ones[line["row"] // 8, line["bits_c"][0] ^ flips[line["row"]]] += line["count"]
    counts = [[found[k].get_int_counts().get(s, 0) for s in range(4)] for k in range(3)]
    assert ones.tolist() == counts
