"""What the choice of a method depends on: facts of a program, fixed by the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp

from ...primitives.light_cone import in_light_cone
from ...primitives.workload import Program, Variant, Workload
from .measurements import MeasuredCircuit
from .program_cache import measured_program, program_variants
from .readout import Readout
from .suffered import Suffered


@dataclass(frozen=True, slots=True, eq=False)
class ProgramFacts:
    """A program as the choice sees it."""

    measured: MeasuredCircuit
    kept: tuple[int, ...]
    """Qubits that anything acts on, that are measured or asked for."""
    read: tuple[int, ...]
    """Qubits that are measured or asked for, rising."""
    num_rows: int
    readout: Readout
    is_noisy: bool
    """Whether gates suffer noise; noise of the readout alone does not count."""
    wants_values: bool
    """Whether exact values are asked for."""
    shots: int
    """Of one row, all variants together."""
    labels: tuple[str, ...] = ()
    """The terms that are read, those that several variants read as often."""

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """The first and the last of the kept qubits that each term acts on."""
        place = {qubit: site for site, qubit in enumerate(self.kept)}
        found = []
        for label in self.labels:
            acting = [qubit for qubit, letter in enumerate(reversed(label)) if letter != "I"]
            found.append((place[acting[0]], place[acting[-1]]))
        return found

    @property
    def reads_final_state(self) -> bool:
        """Whether outcomes follow from the final state and each qubit's confusion."""
        if self.measured.body is None or not self.readout.is_classical:
            return False
        return self.readout.is_perfect or not self.measured.measures_twice

    @property
    def width(self) -> int:
        """How many qubits matter."""
        return len(self.kept)

    @property
    def has_final_state(self) -> bool:
        """Whether measurements come last, so that one state serves everything that is read."""
        return self.measured.body is not None

    def narrowed(self) -> ProgramFacts:
        """Return the facts of what can influence the qubits that are read."""
        if self.measured.body is None:
            return self
        gates, cone = in_light_cone(self.measured.body, self.read)
        return replace(
            self,
            kept=cone or self.kept[:1],
            measured=replace(self.measured, touched=cone, num_gates=len(gates)),
        )


def program_facts(workload: Workload, program: Program, suffered: Suffered) -> ProgramFacts:
    """Read the facts of a program.

    Args:
        workload: The whole workload.
        program: The program.
        suffered: What gates and measurements may suffer.
    """
    noise = suffered.noise
    measured = measured_program(program)
    variants = program_variants(workload, program)
    read = read_qubits(measured, variants)
    return ProgramFacts(
        measured,
        # Aer wants at least one.
        tuple(sorted({*measured.touched, *read})) or (0,),
        read,
        program.num_rows,
        suffered.readout,
        is_noisy=measured.has_channels or (noise is not None and noise.touches(measured.circuit)),
        wants_values=any(one.is_exact for one in variants),
        shots=sum(one.shots or 0 for one in variants),
        labels=tuple(term for one in variants for term in one.terms),
    )


def read_qubits(measured: MeasuredCircuit, variants: Sequence[Variant]) -> tuple[int, ...]:
    """Return the qubits that any variant measures or has terms on, rising."""
    read: set[int] = set()
    labels: set[str] = set()
    for variant in variants:
        if variant.basis is not None:
            labels.add(variant.basis)
        elif variant.terms:
            labels.update(variant.terms)
        else:
            read.update(measured.measured)
    for label in labels:
        read.update(qubit for qubit, letter in enumerate(reversed(label)) if letter != "I")
    return tuple(sorted(read))


def bond_bits(circuit: QuantumCircuit) -> int:
    """Bound the entanglement over the cuts of a line of qubits, in bits.

    Every gate over a cut adds at most two bits a qubit that it has on the smaller side (one for
    a gate with controls on two qubits, which most are), and a cut never has more than it has qubits
    on its smaller side.
    """
    width: int = circuit.num_qubits
    crossing = [0] * max(width - 1, 1)
    for one in circuit.data:
        if len(one.qubits) < 2 or one.name in ("barrier", "measure"):
            continue
        if isinstance(one.operation, ControlFlowOp):
            return width // 2
        places = sorted(circuit.find_bit(qubit).index for qubit in one.qubits)
        for cut in range(places[0], places[-1]):
            crossing[cut] += _bits_over(one.name, places, cut)
    if width < 2:
        return 0
    return max(min(bits, cut + 1, width - 1 - cut) for cut, bits in enumerate(crossing))


_RANK_TWO = frozenset(
    {
        "cx",
        "cy",
        "cz",
        "ch",
        "cp",
        "crx",
        "cry",
        "crz",
        "cu",
        "cu1",
        "cu3",
        "csx",
        "cs",
        "csdg",
        "rzz",
        "rxx",
        "ryy",
        "rzx",
        "ecr",
    }
)


def _bits_over(name: str, places: Sequence[int], cut: int) -> int:
    below = sum(1 for place in places if place <= cut)
    return 1 if name in _RANK_TWO else 2 * min(below, len(places) - below)
