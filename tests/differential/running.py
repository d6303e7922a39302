"""Runs one circuit through an engine and a method, and through Qiskit row by row."""

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives.expansion import expand
from shoal.primitives.outcomes import BlockOutcome
from shoal.primitives.request import Request
from shoal.primitives.results import assemble
from tests.differential.cases import without_boxes
from tests.primitives.requests import estimator_request, sampler_request
from tests.reference import expectation, state_of


@dataclass(frozen=True)
class Claim:
    """An engine with a method that it claims to run ideal circuits by."""

    engine: str
    method: str

    @property
    def options(self) -> dict[str, dict[str, str]]:
        """What asks for it."""
        return {"execution": {"engine": self.engine}, "simulator": {"method": self.method}}

    def __str__(self) -> str:
        return f"{self.engine}-{self.method}"


CLAIMS = (
    Claim("aer", "statevector"),
    Claim("aer", "density_matrix"),
    Claim("aer", "matrix_product_state"),
    Claim("batched", "automatic"),
    Claim("batched", "density_matrix"),
)

CHAIN = Claim("auto", "matrix_product_state")
"""Exact values by chains of tensors where bonds stay short, by Aer elsewhere."""


def run_blocks(request: Request, threads: int = 1) -> list[BlockOutcome]:
    """Run every block of a request."""
    workload = expand(request)
    engine = make_engine(request, workload, Slot(threads))
    return [engine.run(block) for block in workload.blocks]


def run(request: Request, threads: int = 1):
    """Run a request to its result."""
    return assemble(request, expand(request), run_blocks(request, threads))


def random_terms(num_qubits: int, count: int, rng: np.random.Generator) -> list[str]:
    """Distinct terms over Paulis and projectors; the identity is not among them."""
    letters = list("IXYZ01+-rl")
    found = {"Z" * num_qubits}
    while len(found) < min(count, 4**num_qubits - 1):
        term = "".join(rng.choice(letters, num_qubits))
        if set(term) != {"I"}:
            found.add(term)
    return sorted(found)


def values_by(claim: Claim, circuit: QuantumCircuit, rows, terms, **options) -> np.ndarray:
    """Exact values [R, T] by an engine."""
    observables = [{term: 1.0} for term in terms]
    pub = (0, observables, rows[:, None, :], 0.0)
    merged = {**claim.options, **options}
    return run(estimator_request([circuit], [pub], **merged))[0].data.evs


def values_by_qiskit(circuit: QuantumCircuit, rows, terms) -> np.ndarray:
    """Exact values [R, T] by Qiskit's Statevector, row by row."""
    plain = without_boxes(circuit)
    states = [state_of(plain, row) for row in rows]
    return np.array([[expectation(state, term) for term in terms] for state in states])


def counts_by(claim: Claim, circuit: QuantumCircuit, rows, shots: int, seed=7, **options):
    """Outcomes of all classical bits, counted [R, 2**bits]; circuits have one register 'meas'."""
    merged = {**claim.options, **options}
    result = run(sampler_request([circuit], [(0, rows, shots)], seed=seed, **merged))[0].data
    bits = result.meas
    found = np.zeros((len(rows), 2**bits.num_bits), dtype=np.int64)
    for row in range(len(rows)):
        for outcome, count in bits.get_int_counts(row).items():
            found[row, outcome] += count
    return found


def chi_square_is_plausible(counts: np.ndarray, probabilities: np.ndarray) -> bool:
    """Pearson's test at a significance of 1e-6, outcomes of less than 5 expected ones pooled."""
    from scipy.stats import chi2

    expected = probabilities * counts.sum()
    if counts[expected < 1e-9].any():
        return False
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    kept = wanted > 0
    statistic = ((observed[kept] - wanted[kept]) ** 2 / wanted[kept]).sum()
    return bool(kept.sum() < 2 or chi2.sf(statistic, kept.sum() - 1) > 1e-6)
