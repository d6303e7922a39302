"""A job that learns the noise of its layers before it cancels or amplifies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qiskit.primitives import PrimitiveResult

from .errors import JobCancelledError
from .job import Job, JobControl
from .learning.experiment import (
    LearningExperiment,
    LearntNoise,
    Translate,
    learning_experiment,
    learning_seed,
)
from .mitigation.resilience import resilience_of
from .option_groups import ResilienceOptions
from .options import EstimatorOptions, SamplerOptions
from .request import Request

Submit = Callable[[Request], Job]
"""Starts a request of which the noise of the layers is known."""


def must_learn(options: EstimatorOptions | SamplerOptions) -> bool:
    """Return whether PEC or PEA need a noise model that was not given."""
    if isinstance(options, SamplerOptions):
        return False
    asked: ResilienceOptions = options.resilience
    is_pec = bool(asked.pec_mitigation)
    extrapolates = asked.zne_mitigation
    if extrapolates is None:
        extrapolates = options.resilience_level == 2 and not is_pec
    is_pea = bool(extrapolates) and asked.zne.amplifier == "pea"
    return asked.layer_noise_model is None and (is_pec or is_pea)


def learning_of(request: Request, translate: Translate | None = None) -> LearningExperiment:
    """Return what is run to learn the noise of a request's layers.

    Args:
        request: An estimator's.
        translate: For a backend.

    Raises:
        RequestError: The layers cannot be learnt, or the request asks for what excludes each other.
    """
    options = request.options
    assert isinstance(options, EstimatorOptions)
    resilience_of(options, needs_model=False)
    used = sorted({pub.circuit for pub in request.pubs})
    return learning_experiment(
        [request.circuits[number] for number in used],
        options.resilience.layer_noise_learning,
        options,
        learning_seed(request.seed),
        translate,
    )


def with_learnt(request: Request, learnt: Sequence[LearntNoise]) -> Request:
    """Return a request that knows the noise of its layers."""
    noise = tuple(one.noise for one in learnt)
    return replace(request, options=request.options.replaced("resilience.layer_noise_model", noise))


def learnt_job(
    submit: Submit, request: Request, job_id: str, translate: Translate | None = None
) -> Job:
    """Learn the noise of a request's layers, then run the request with it.

    Both are requests of their own: they rest in a store and resume like any other, and what was
    learnt with a seed is found there again by the next job that would learn the same.

    Args:
        submit: Starts each of them.
        request: What was asked; its options have no noise model.
        job_id: Names the job as a whole.
        translate: For a backend.

    Raises:
        RequestError: The layers cannot be learnt; nothing was started.
    """
    experiment = learning_of(request, translate)
    learning = submit(experiment.request)
    running = [learning]

    def work(control: JobControl) -> PrimitiveResult:
        learnt = experiment.learnt(learning.result())
        if control.cancelled():
            raise JobCancelledError(f"job {job_id} was cancelled while it learnt noise")
        running.append(submit(with_learnt(request, learnt)))
        result = running[-1].result()
        result.metadata["layer_noise_learning"] = {
            "job_id": learning.job_id(),
            "chi_square": [one.chi_square for one in learnt],
        }
        result.metadata["layer_noise_model"] = [one.noise.to_mapping() for one in learnt]
        return result

    def reduce(changes: Mapping[str, Any], name: str | None) -> PrimitiveResult:
        return running[-1].reduce(changes, name=name)

    return Job(job_id, work, reduce=reduce)
