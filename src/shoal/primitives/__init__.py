"""What is asked and what it means: Qiskit's V2 primitives, from pubs to results."""

from .estimator import Estimator
from .job import Job, Progress
from .options import EstimatorOptions, SamplerOptions
from .sampler import Sampler

__all__ = ["Estimator", "EstimatorOptions", "Job", "Progress", "Sampler", "SamplerOptions"]
