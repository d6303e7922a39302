"""What agents do when the driver's node is lost: Slurm keeps a job that has lost its script."""

from __future__ import annotations

from .commands import SlurmError, cancel_slurm_job, is_node_down, job_record, requeue_job


def end_job_without_script(job: str, driver_node: str) -> bool:
    """Have a job started again, or else ended, whose batch script is gone with its node.

    With ``--no-kill``, which lets a job survive other nodes, Slurm would keep it until its time is
    over, with nobody at work.

    Args:
        job: Slurm's number of the job.
        driver_node: Where the driver is, or was.

    Returns:
        Whether the driver is certainly gone.
    """
    try:
        if not is_node_down(driver_node):
            return False
        record = job_record(job)
        if record is None or record.is_over:
            return True
        # The record may have another batch host by now, or none: the job has shrunk.
        if record.is_batch and record.batch_node in ("", driver_node):
            _end(job, may_requeue=record.may_requeue)
        return True
    except SlurmError:
        return False


def _end(job: str, *, may_requeue: bool) -> None:
    if may_requeue:
        requeue_job(job)
    else:
        cancel_slurm_job(job)
