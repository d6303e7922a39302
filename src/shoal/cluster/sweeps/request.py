"""A sweep to the request that a runner takes."""

from __future__ import annotations

from ...primitives.errors import RequestError
from ...primitives.estimator import Estimator
from ...primitives.options import EstimatorOptions, SamplerOptions
from ...primitives.pubs import estimator_request, has_measurements, sampler_request
from ...primitives.request import Request
from ...primitives.unsupported import refuse_unsupported
from .sweep import Sweep


def request_of(sweep: Sweep) -> Request:
    """Coerce a sweep's pubs and options into a request.

    Args:
        sweep: The sweep.

    Returns:
        The same request as the sweep's pubs would make when given to a primitive in Python.

    Raises:
        RequestError: What the file asks for cannot be meant; the message names the file.
    """
    try:
        return _estimator(sweep) if sweep.source.table.primitive == "estimator" else _sampler(sweep)
    except (ValueError, TypeError) as error:
        if isinstance(error, RequestError) and str(error).startswith(str(sweep.source.path)):
            raise
        raise RequestError(f"{sweep.source.path}: {error}") from error


def _estimator(sweep: Sweep) -> Request:
    options = EstimatorOptions.coerce(sweep.options)
    refuse_unsupported(options)
    pubs = [pub.to_tuple() for pub in sweep.pubs]
    return estimator_request(pubs, Estimator(options=options).default_precision, options)


def _sampler(sweep: Sweep) -> Request:
    options = SamplerOptions.coerce(sweep.options)
    refuse_unsupported(options)
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
