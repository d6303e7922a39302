"""What is asked and what it means: Qiskit's V2 primitives, from pubs to results."""

from .estimator import Estimator
from .job import Job, Progress
from .noise_learner import NoiseLearner, NoiseLearnerResult
from .options import EstimatorOptions, NoiseLearnerOptions, SamplerOptions
from .sampler import Sampler

__all__ = [
    "Estimator",
    "EstimatorOptions",
    "Job",
    "NoiseLearner",
    "NoiseLearnerOptions",
    "NoiseLearnerResult",
    "Progress",
    "Sampler",
    "SamplerOptions",
]
