"""Slurm: what an allocation is, Ray inside of one, and jobs that are submitted to it."""
