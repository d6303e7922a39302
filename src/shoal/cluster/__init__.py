"""Where it runs: engines, workers, executors, Slurm, the command line."""
