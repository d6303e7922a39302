"""``--array``: which task of how many this process is, as Slurm says or as was said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...orchestrator.array_tasks import ArrayTask
from .exits import INPUT_WRONG, CommandFailed

FROM_SLURM = "slurm"
"""What ``--array`` alone stands for."""

_TASK = re.compile(r"(\d+)/(\d+)")


def with_array_value(arguments: Sequence[str]) -> list[str]:
    """Give a bare ``--array`` its value: options of the command line have one, or never one.

    Args:
        arguments: Without the program's name.

    >>> with_array_value(["run", "a.toml", "--array", "--store", "s"])
    ['run', 'a.toml', '--array', 'slurm', '--store', 's']
    >>> with_array_value(["run", "a.toml", "--array", "3/8"])
    ['run', 'a.toml', '--array', '3/8']
    """
    found = list(arguments)
    for position in reversed(range(len(found))):
        following = found[position + 1 : position + 2]
        is_said = bool(following) and bool(re.fullmatch(r"[\d-]+/[\d-]+|slurm", following[0]))
        if found[position] == "--array" and not is_said:
            found.insert(position + 1, FROM_SLURM)
    return found


def array_task(said: str, environ: Mapping[str, str]) -> ArrayTask:
    """Find out which task this is.

    Args:
        said: ``I/N``, from 0, or ``slurm``.
        environ: The environment's variables.

    Raises:
        CommandFailed: It is no task, or Slurm does not say which of how many.
    """
    if said == FROM_SLURM:
        return _of_slurm(environ)
    found = _TASK.fullmatch(said)
    if found is None:
        raise CommandFailed(
            f"--array {said}: expected I/N, task I of N, counted from 0: --array 0/8", INPUT_WRONG
        )
    return _task(int(found[1]), int(found[2]), f"--array {said}")


def _of_slurm(environ: Mapping[str, str]) -> ArrayTask:
    names = ("ID", "MIN", "MAX", "STEP", "COUNT")
    words = [environ.get(f"SLURM_ARRAY_TASK_{name}", "") for name in names]
    if not all(word.isdecimal() for word in words):
        raise CommandFailed(
            "--array: this is no task of a Slurm job array (SLURM_ARRAY_TASK_ID is "
            f"{environ.get('SLURM_ARRAY_TASK_ID')!r}): submit with sbatch --array=0-7, or say "
            "which task of how many it is: --array 0/8",
            INPUT_WRONG,
        )
    number, lowest, highest, step, count = map(int, words)
    if (highest - lowest) // step + 1 != count:
        raise CommandFailed(
            f"--array: Slurm's array has {count} tasks between {lowest} and {highest}, with gaps, "
            f"so that nobody knows which part was task {number}'s. Submit the whole array again "
            f"(tasks whose part is complete end at once), or say: --array {number}/N",
            INPUT_WRONG,
        )
    return _task((number - lowest) // step, count, "SLURM_ARRAY_TASK_ID")


def _task(index: int, count: int, where: str) -> ArrayTask:
    try:
        return ArrayTask(index, count)
    except ValueError as error:
        raise CommandFailed(f"{where}: {error}", INPUT_WRONG) from error
