"""What Slurm says of a job."""

from shoal.cluster.slurm.job_record import parse_job

SAID = (
    "JobId=7 JobName=sweep UserId=me(1000) JobState=RUNNING Reason=None Dependency=(null)"
    " Requeue=1 Restarts=2 BatchFlag=1 Reboot=0 ExitCode=0:0 Command=/home/me/a=b.sh"
)


def test_a_batch_job_can_be_queued_again() -> None:
    record = parse_job(SAID)
    assert (record.job, record.state, record.restarts) == ("7", "RUNNING", 2)
    assert record.is_batch
    assert record.may_requeue
    assert not record.is_over


def test_a_shell_of_salloc_cannot() -> None:
    record = parse_job(SAID.replace("BatchFlag=1", "BatchFlag=0").replace("Requeue=1", "Requeue=0"))
    assert not record.is_batch
    assert not record.may_requeue


def test_what_has_ended_is_over() -> None:
    assert parse_job(SAID.replace("RUNNING", "TIMEOUT")).is_over
