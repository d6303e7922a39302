"""A sweep to the request that a runner takes."""

from __future__ import annotations

from collections.abc import Collection

from ...primitives.errors import RequestError
from ...primitives.estimator import Estimator
from ...primitives.options import SHOT_PRECISION, EstimatorOptions, SamplerOptions
from ...primitives.pubs import estimator_request, has_measurements, sampler_request
from ...primitives.request import Request
from ...primitives.runner import names_a_queue
from ...primitives.unsupported import refuse_unsupported
from .sweep import Sweep


def request_of(sweep: Sweep, queues: Collection[str] = ()) -> Request:
    """Coerce a sweep's pubs and options into a request.

    Args:
        sweep: The sweep.
        queues: Names of the queues that there are.

    Returns:
        The same request as the sweep's pubs would make when given to a primitive in Python.

    Raises:
        RequestError: What the file asks for cannot be meant; the message names the file.
    """
    try:
        make = _estimator if sweep.source.table.primitive == "estimator" else _sampler
        return make(sweep, queues)
    except (ValueError, TypeError) as error:
        if isinstance(error, RequestError) and str(error).startswith(str(sweep.source.path)):
            raise
        raise RequestError(f"{sweep.source.path}: {error}") from error


def _estimator(sweep: Sweep, queues: Collection[str]) -> Request:
    options = EstimatorOptions.coerce(sweep.options)
    is_on_device = names_a_queue(options, queues)
    refuse_unsupported(options, has_device=is_on_device)
    pubs = [pub.to_tuple() for pub in sweep.pubs]
    default = Estimator(options=options).default_precision
    if is_on_device and default == 0.0 and options.default_precision is None:
        default = SHOT_PRECISION
    return estimator_request(pubs, default, options)


def _sampler(sweep: Sweep, queues: Collection[str]) -> Request:
    options = SamplerOptions.coerce(sweep.options)
    refuse_unsupported(options, has_device=names_a_queue(options, queues))
    for pub in sweep.pubs:
        if not has_measurements(pub.circuit):
            name = pub.labels.circuit.partition("[")[0]
            raise sweep.source.fault(
                ("circuits", name), "the circuit measures nothing; a sampler needs measurements"
            )
    pubs = [pub.to_tuple() for pub in sweep.pubs]
    return sampler_request(pubs, options.default_shots, options, _refuse)


def _refuse(words: str) -> None:
    raise RequestError(words)
