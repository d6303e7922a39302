"""Plans: counts by hand, for one workload of each kind."""

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from shoal.orchestrator.plan import plan_of
from shoal.primitives.expansion import expand
from shoal.primitives.options import EstimatorOptions, SamplerOptions
from shoal.primitives.pubs import estimator_request, sampler_request


def turn(num_qubits=10):
    circuit = QuantumCircuit(num_qubits)
    circuit.ry(Parameter("theta"), range(num_qubits))
    return circuit


def plan_of_pubs(pubs):
    return plan_of(expand(estimator_request(pubs, 0.0, EstimatorOptions(seed=1))))


def test_exact_values_are_counted_by_term():
    plan = plan_of_pubs([(turn(2), [["ZZ"], ["XX"], ["II"]], [0.1, 0.2, 0.3, 0.4])])
    assert (plan.circuits, plan.shots, plan.shot_bytes) == (4, 0, 0)
    assert plan.value_bytes == 4 * 2 * 8
    assert plan.programs[0].shots_per_circuit is None


def test_shots_are_counted_by_basis_and_bytes_by_measured_qubit():
    observables = [["Z" * 10], ["X" * 10], ["IIIIIIIIIZ"]]
    plan = plan_of_pubs([(turn(), observables, [0.1, 0.2, 0.3], 0.1)])
    assert plan.programs[0].bases == 2
    assert (plan.circuits, plan.shots) == (6, 600)
    # Ten bits take two bytes.
    assert plan.shot_bytes == 600 * 2


def test_qubits_that_no_term_acts_on_take_no_bytes():
    plan = plan_of_pubs([(turn(), "IIIIIIIZZZ", [0.1], 0.1)])
    assert plan.shot_bytes == 100


def test_registers_are_packed_one_by_one():
    circuit = turn(9)
    circuit.measure_all()
    circuit.add_register(*QuantumCircuit(0, 3).cregs)
    request = sampler_request([(circuit, [0.1, 0.2])], 50, SamplerOptions(seed=1), print)
    plan = plan_of(expand(request))
    assert (plan.circuits, plan.shots, plan.shot_bytes) == (2, 100, 100 * (2 + 1))


def test_node_hours_fall_with_the_cores():
    plan = plan_of_pubs([(turn(), "Z" * 10, [0.1] * 100, 0.01)])
    assert plan.node_hours(1) == 4 * plan.node_hours(4) > 0


def test_nothing_to_measure_is_no_circuit():
    plan = plan_of_pubs([(turn(2), "II", [0.1, 0.2])])
    assert (plan.circuits, plan.blocks, plan.programs[0].purpose) == (0, 0, "nothing to measure")
