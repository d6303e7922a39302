"""The command by which Slurm starts our agent on a node."""

from shoal.cluster.slurm.step import agent_command, slurm_words, step_command, step_environment


def test_a_step_has_a_node_of_its_own_and_may_die_alone() -> None:
    command = step_command("17", "n3", ["hostname"])
    assert command[0] == "srun"
    assert command[-1] == "hostname"
    assert {"--jobid=17", "--nodes=1", "--ntasks=1", "--nodelist=n3"} <= set(command)
    assert {"--overlap", "--no-kill", "--mem=0"} <= set(command)


def test_a_component_of_a_heterogeneous_job_is_named() -> None:
    assert "--het-group=1" in agent_command("17", "g1", 1)
    assert not any("het-group" in word for word in agent_command("17", "n1"))


def test_nothing_secret_is_on_the_command_line() -> None:
    assert agent_command("17", "n3")[-1] == "shoal.cluster.slurm.agent"


def test_wishes_of_the_job_are_none_of_the_steps() -> None:
    inherited = {"SLURM_JOB_ID": "17", "SLURM_GPUS_PER_TASK": "1", "SLURM_MEM_PER_CPU": "2000"}
    assert step_environment(inherited) == {"SLURM_JOB_ID": "17"}


def test_slurms_own_words_are_found_among_others() -> None:
    said = "srun: Job 5 step creation temporarily disabled\nsrun: error: Unable to create step\n\n"
    assert slurm_words(said) == "srun: error: Unable to create step"
    assert slurm_words("") == "no words"
