"""A small job's request and its result, computed in this process."""

from dataclasses import dataclass

import pytest
from qiskit.primitives import PrimitiveResult

from shoal.cluster.in_process import in_process_runner
from shoal.cluster.sweeps.labels import PubLabels
from shoal.cluster.sweeps.request import request_of
from shoal.cluster.sweeps.sweep import read_sweep
from shoal.primitives.request import Request

SWEEP = """\
primitive = "estimator"
seed = 3
precision = {precision}

[circuits.turn]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
input float phi;
qubit[2] q;
ry(theta) q[0];
rx(phi) q[1];
'''

[observables.h]
{observables}

[parameters]
kind = "grid"

[parameters.axes]
theta = {{ linspace = [0, "pi", 5] }}
phi = {{ linspace = [0, "pi", 3] }}
"""


@dataclass(frozen=True)
class Done:
    """A request, its names and its result."""

    request: Request
    labels: tuple[PubLabels, ...]
    result: PrimitiveResult


@pytest.fixture
def done(tmp_path):
    """Run the sweep with some precision and observables; return everything."""

    def run(precision="[0, 0.1]", observables='each = ["ZZ", "IX"]'):
        path = tmp_path / "sweep.toml"
        path.write_text(SWEEP.format(precision=precision, observables=observables))
        sweep = read_sweep(path)
        request = request_of(sweep)
        return Done(request, sweep.labels, in_process_runner().submit(request).result())

    return run
