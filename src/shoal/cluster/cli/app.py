"""The ``shoal`` command: subcommands and options; what they do is imported when called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ... import __version__
from .exits import CommandFailed, say_error

app = typer.Typer(
    name="shoal",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

SweepFile = Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="The sweep file.")]
JobName = Annotated[str, typer.Argument(metavar="JOB", help="A job's name, or its beginning.")]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the jobs. [default: the sweep's, or ./shoal-store]"),
]
JobsFolder = Annotated[Path, typer.Option("--store", help="Folder of the jobs.", show_default=True)]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the sweep; repeatable."),
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Worker processes. [default: cores]")
]
Profile = Annotated[
    Path | None, typer.Option("--profile", metavar="P.toml", help="Where and how to run.")
]
ExecutorName = Annotated[
    Literal["ray", "inline", "mpi"] | None,
    typer.Option(
        "--executor", help="Ray workers, this process alone, or MPI ranks. [default: ray]"
    ),
]
Address = Annotated[
    str | None,
    typer.Option("--address", metavar="HOST:PORT", help="A Ray that runs already; or ray://..."),
]
TokenPath = Annotated[
    Path | None,
    typer.Option("--token-path", metavar="FILE", help="The token of the Ray at --address."),
]
Repair = Annotated[bool, typer.Option("--repair", help="Run the blocks of damaged segments again.")]

Rehearse = Annotated[
    bool, typer.Option("--rehearse", help="With fake queues that misbehave; nothing is paid for.")
]

PageFile = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE.html", help="[default: JOB.html]")
]

Array = Annotated[
    str | None,
    typer.Option(
        "--array",
        metavar="[I/N]",
        help="Run one task's part of the sweep: as Slurm's array says, or task I of N, from 0.",
    ),
]

DEFAULT_STORE = Path("shoal-store")


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"shoal {__version__}")
        raise typer.Exit


@app.callback()
def shoal(
    is_version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Qiskit's V2 primitives, sharded over a cluster of your own."""


@app.command()
def run(
    sweep: SweepFile,
    store: StoreFolder = None,
    workers: Workers = None,
    profile: Profile = None,
    overrides: Overrides = None,
    executor: ExecutorName = None,
    address: Address = None,
    token_path: TokenPath = None,
    repair: Repair = False,
    array: Array = None,
    rehearse: Rehearse = False,
) -> None:
    """Run a sweep, or the rest of it, and show its result."""
    from dataclasses import replace

    from .allocation import enter_allocation
    from .mpi_step import enter_world
    from .mpi_world import ranks, said_once
    from .run_sweep import run_sweep
    from .settings import settings_of

    with said_once():
        settings = settings_of(
            *(profile, store, workers, executor),
            repair=repair,
            address=address,
            token_path=token_path,
        )
    settings = replace(settings, is_rehearsal=rehearse)
    enter_world(sweep, overrides or [], settings)
    enter_allocation(settings)
    with ranks(settings):
        if array is None:
            run_sweep(sweep, overrides or [], settings)
        else:
            from .array_run import run_task

            run_task(array, sweep, overrides or [], settings)


@app.command()
def submit(
    sweep: SweepFile,
    profile: Annotated[
        Path, typer.Option("--profile", metavar="P.toml", help="What to ask of Slurm.")
    ],
    store: StoreFolder = None,
    workers: Workers = None,
    overrides: Overrides = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the batch script; submit nothing.")
    ] = False,
) -> None:
    """Submit a sweep to Slurm, as a job that goes on until the sweep is done."""
    from .settings import settings_of
    from .submit import submit_sweep

    settings = settings_of(profile, store, workers, None)
    submit_sweep(sweep, overrides or [], profile, settings, is_dry_run=is_dry_run)


@app.command()
def plan(
    sweep: SweepFile,
    workers: Workers = None,
    profile: Profile = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what would run: circuits, shots, bytes, node-hours. Start nothing."""
    from .plan import show_plan
    from .settings import settings_of

    show_plan(sweep, overrides or [], settings_of(profile, None, workers, None), as_json=as_json)


@app.command()
def jobs(store: JobsFolder = DEFAULT_STORE) -> None:
    """List the jobs of a store."""
    from .jobs import list_jobs

    list_jobs(store)


@app.command()
def status(job: JobName, store: JobsFolder = DEFAULT_STORE) -> None:
    """Show how far a job has come, whoever runs it, dead or alive."""
    from .jobs import show_status

    show_status(store, job)


@app.command()
def result(
    job: JobName,
    store: JobsFolder = DEFAULT_STORE,
    output_format: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How.")
    ] = "table",
    name: Annotated[
        str, typer.Option("--name", help="Which of the job's results.", show_default=True)
    ] = "result",
) -> None:
    """Print a job's result on standard output."""
    from .result import print_result

    print_result(store, job, output_format, name)


@app.command()
def reduce(
    job: JobName,
    store: JobsFolder = DEFAULT_STORE,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="OPTION=VALUE", help="An option of resilience; repeatable."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Of the result. [default: a number]")
    ] = None,
) -> None:
    """Mitigate a stored job once more, differently: from its shots, without running anything."""
    from .reduce import reduce_job

    reduce_job(store, job, overrides or [], name)


@app.command()
def resume(
    job: JobName,
    store: JobsFolder = DEFAULT_STORE,
    workers: Workers = None,
    profile: Profile = None,
    executor: ExecutorName = None,
    address: Address = None,
    token_path: TokenPath = None,
    repair: Repair = False,
) -> None:
    """Run the rest of a stored job; its sweep file is not needed."""
    from .allocation import enter_allocation
    from .mpi_world import ranks
    from .run import resume_job
    from .settings import settings_of

    settings = settings_of(
        *(profile, store, workers, executor), repair=repair, address=address, token_path=token_path
    )
    enter_allocation(settings)
    with ranks(settings):
        resume_job(job, settings)


@app.command()
def cancel(job: JobName, store: JobsFolder = DEFAULT_STORE) -> None:
    """Ask the process that runs a job to end it; what is committed is kept."""
    from .cancel import cancel_job

    cancel_job(store, job)


@app.command()
def doctor(
    store: JobsFolder = DEFAULT_STORE,
    is_warm: Annotated[
        bool,
        typer.Option("--warm", help="Compile the kernels for this machine and measure it, once."),
    ] = False,
    profile: Profile = None,
) -> None:
    """Say what works on this machine: cores, GPUs, Ray, Slurm, MPI, filesystem, limits."""
    from .doctor import show_health, warm_up
    from .settings import settings_of

    settings_of(profile, None, None, None)
    if is_warm:
        warm_up()
    else:
        show_health(store)


@app.command()
def report(
    job: JobName,
    store: JobsFolder = DEFAULT_STORE,
    output: PageFile = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", metavar="DIR", help="The plots as SVG files, too."),
    ] = None,
) -> None:
    """Write one self-contained HTML page with a job's plots and tables."""
    from .report import write_report

    write_report(store, job, output, pictures)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the run failed, 2 the input is wrong.

    Args:
        arguments: Without the program's name; ``None``: those of this process.
    """
    from .array_option import with_array_value

    try:
        # Typer itself ends the process: with 0, or with 2 and a message on a wrong command line.
        app(with_array_value(sys.argv[1:] if arguments is None else arguments), prog_name="shoal")
    except CommandFailed as failure:
        if str(failure):
            say_error(str(failure))
        sys.exit(failure.code)
