"""What blocks need of workers, from what is asked of them."""

import pytest
from qiskit import QuantumCircuit

from shoal.cluster.engines.choice import check, choose
from shoal.cluster.needs import named_need, needs_of
from shoal.orchestrator.needs import Need
from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.expansion import expand
from shoal.primitives.option_groups import ExecutionOptions, SimulatorOptions
from tests.primitives.requests import estimator_request

ENGINES = ("aer", "batched")

GPU_SLOT, CORE = Slot(gpu="0"), Slot()
GIBIBYTE = 1 << 30

AER = {
    "simulator": SimulatorOptions(method="statevector"),
    "execution": ExecutionOptions(engine="aer"),
}


def request_of(*widths: int, **options):
    circuits = []
    for width in widths:
        circuit = QuantumCircuit(width, name=f"c{width}")
        circuit.h(range(width))
        circuit.t(0)
        circuit.cx(0, width - 1)
        circuits.append(circuit)
    pubs = [(at, {"Z" * width: 1.0}, [], 0.1) for at, width in enumerate(widths)]
    return estimator_request(circuits, pubs, **options)


def needs(request, *slots: Slot, **said):
    workload = expand(request)
    found = needs_of(request, workload, slots, **said)
    return [found.needs[found.of(block.index)] for block in workload.blocks]


def on_gpu(*engines: str):
    return {
        "simulator": SimulatorOptions(device="GPU"),
        "execution": ExecutionOptions(engines=engines),
    }


def test_pubs_of_an_engine_without_gpus_run_on_cores_beside_others() -> None:
    request = request_of(2, 3, **on_gpu(*ENGINES))
    assert needs(request, GPU_SLOT) == [Need("gpu"), Need("cpu")]
    workload = expand(request)
    check(request, workload)
    assert [choose(request, workload, one).engine for one in workload.programs] == list(ENGINES)


def test_a_gpu_that_is_asked_for_every_pub_is_not_left_out() -> None:
    request = request_of(2, 3, **on_gpu("batched", "batched"))
    assert needs(request, GPU_SLOT) == [Need("gpu")] * 2


def test_what_a_queue_runs_needs_no_worker() -> None:
    request = request_of(2, 3, **on_gpu("lab", "batched"))
    assert needs(request, CORE, queues=("lab",)) == [Need("cpu")] * 2


def test_a_job_without_a_worker_for_one_of_its_pubs_is_refused() -> None:
    request = request_of(2, 3, **on_gpu("batched", "aer"))
    with pytest.raises(UnsupportedError, match=r"offer 'gpu'; those of this cluster offer 'cpu'"):
        needs(request, CORE)


def test_wide_circuits_need_the_smallest_kind_of_worker_that_has_their_memory() -> None:
    sizes = [Slot(memory_bytes=size * GIBIBYTE) for size in (1, 4, 64)]
    found = needs(request_of(20, 27, 29, **AER), *sizes)
    assert [need.memory_bytes // GIBIBYTE for need in found] == [1, 4, 64]


def test_a_circuit_that_no_worker_has_memory_for_is_named() -> None:
    request = request_of(28, **AER)
    with pytest.raises(UnsupportedError, match=r"circuit 'c28' needs 4 GiB .* largest .* 2 GiB"):
        needs(request, Slot(memory_bytes=2 * GIBIBYTE))
    # Nobody counts: then nobody knows.
    assert needs(request, CORE) == [Need()]


def test_a_word_of_ones_own_is_a_need_too() -> None:
    assert named_need("queue", [Slot(serves=("queue",))]).needs == (Need("queue"),)
    with pytest.raises(UnsupportedError, match="connect with a kind of worker that serves it"):
        named_need("queue", [CORE])
