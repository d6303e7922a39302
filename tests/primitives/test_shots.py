"""The columns of a job."""

import pyarrow as pa

from shoal.primitives.expansion import expand
from shoal.primitives.shots import registers_of, shot_schema
from tests.orchestrator.sampled import both_request, registers_request
from tests.primitives.requests import ansatz, estimator_request

COMMON = ["variant_id", "row", "rand_id", "count"]


def test_shots_and_values_have_a_column_each_in_one_schema() -> None:
    schema = shot_schema(expand(both_request()))
    assert schema.names == [*COMMON, "bits_meas", "values"]
    assert schema.field("bits_meas").type == pa.binary(1)
    assert schema.field("values").type == pa.list_(pa.float64())


def test_an_exact_job_has_no_bits() -> None:
    request = estimator_request([ansatz(2)], [(0, "ZZ", [0.0, 0.0], 0.0)])
    assert shot_schema(expand(request)).names == [*COMMON, "values"]


def test_a_register_whose_width_varies_has_no_fixed_width() -> None:
    schema = shot_schema(expand(registers_request()))
    assert schema.names == [*COMMON, "bits_narrow", "bits_wide"]
    assert schema.field("bits_narrow").type == pa.binary(1)
    assert schema.field("bits_wide").type == pa.binary()


def test_registers_of_a_variant() -> None:
    workload = expand(registers_request())
    widths = [registers_of(v, workload.programs[v.program]) for v in workload.variants]
    assert widths == [{"wide": 2, "narrow": 1}, {"wide": 1}, {"wide": 2, "narrow": 1}]
