"""What a driver does in simulated clusters: ``python -m benchmarks.scale [--small] [--json FILE]``.

The ledger, its policies and the run's state are the real ones; workers, nodes and time are numbers.
"""

import argparse
import json
import resource
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.orchestrator.simulated_fleet import Fleet, run_fleet


@dataclass(frozen=True)
class Figure:
    """One fleet's figures."""

    nodes: int
    workers: int
    shards: int
    sent: int
    """Shards sent, repeated ones included."""
    driver_ms: float
    """Processor time for each shard sent."""
    shards_a_second: float
    """What the fleet brings, by its own clock."""
    load: float
    """Cores that the driver's decisions take at that rate."""
    most_records: int
    """Of any kind, at ten moments of the run."""
    records_at_the_end: int
    peak_mb: float
    """Of the whole process: interpreter, workload and simulation included; it never falls."""


def figure(fleet: Fleet) -> Figure:
    """Run a fleet, and say what it took."""
    looks = list(run_fleet(fleet))
    last = looks[-1]
    rate = fleet.workers / fleet.seconds
    return Figure(
        nodes=fleet.nodes,
        workers=fleet.workers,
        shards=fleet.shards,
        sent=last.shards,
        driver_ms=1e3 * last.driver_seconds / last.shards,
        shards_a_second=rate,
        load=rate * last.driver_seconds / last.shards,
        most_records=max(max(look.records.values()) for look in looks),
        records_at_the_end=sum(last.records.values()) - last.records["workers"],
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main() -> None:
    """Print a line for each fleet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of the shards")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    said = parser.parse_args()
    part = 10 if said.small else 1
    sizes = [(10, 100_000), (100, 300_000), (1000, 1_000_000)]
    found = [figure(Fleet(nodes, 64, shards // part)) for nodes, shards in sizes]
    table = Table(
        "nodes", "workers", "shards", "sent", "ms a shard", "shards/s", "cores", "records"
    )
    table.add_column("at the end")
    table.add_column("peak, MB")
    for one in found:
        table.add_row(
            *(f"{one.nodes:,}", f"{one.workers:,}", f"{one.shards:,}", f"{one.sent:,}"),
            *(f"{one.driver_ms:.3f}", f"{one.shards_a_second:,.0f}", f"{one.load:.2f}"),
            *(f"{one.most_records:,}", f"{one.records_at_the_end:,}", f"{one.peak_mb:,.0f}"),
        )
    Console(width=120).print(table)
    if said.json:
        said.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
