"""A small sweep file, to be changed in one place by each test."""

from collections.abc import Callable
from pathlib import Path

import pytest

SWEEP = """\
primitive = "estimator"
precision = 0

[circuits.turn]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
input float phi;
qubit[2] q;
rx(theta) q[0];
ry(phi) q[1];
'''

[observables.zz]
terms = { ZZ = 1, II = 0.5 }

[parameters]
kind = "grid"

[parameters.axes]
theta = { linspace = [0, "pi", 3] }
phi = [0.1, 0.2]
"""

SweepWriter = Callable[..., Path]


@pytest.fixture
def write_sweep(tmp_path: Path) -> SweepWriter:
    """Write the sweep with parts replaced; return its path."""

    def write(*replacements: tuple[str, str], text: str = SWEEP) -> Path:
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "sweep.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
