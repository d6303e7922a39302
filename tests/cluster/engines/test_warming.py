from shoal.cluster.engines.chains.kernels import join, push
from shoal.cluster.engines.pauli.kernels import run_rows
from shoal.cluster.engines.state_kernels import find_outcomes, spectrum
from shoal.cluster.engines.warming import warm


def test_every_kernel_is_compiled():
    assert warm() > 0

    assert run_rows.signatures
    assert find_outcomes.signatures
    assert spectrum.signatures
    assert push.signatures
    assert join.signatures
