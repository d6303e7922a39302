"""Print the table: ``python -m benchmarks.peers [--small] [--json FILE] [--only WORD]``."""

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console

from .contest import Contest, hold
from .exact import exact_contest, mps_contest, tiny_contest
from .pipeline import efficiency, parity_contest, rates, ray_contest
from .shots import noise_contest, sampler_contest, shots_contest
from .table import table_of

EXACT = [(4, 10_000, 200), (8, 5_000, 60), (12, 1_000, 10), (16, 100, 3), (20, 10, 1.2)]

EFFICIENCY, RATE, FLATNESS = 0.9, 100_000, 0.25
"""What the pipeline keeps of the engine's pace, evaluations a second, and how far these differ."""


def contests(*, small: bool) -> Iterator[tuple[str, Callable[[], Contest]]]:
    """Every contest under a word that ``--only`` can name."""
    for num_qubits, rows, target in EXACT:
        yield f"exact{num_qubits}", partial(exact_contest, num_qubits, rows, target, small=small)
    yield "shots", partial(shots_contest, small=small)
    yield "noise", partial(noise_contest, small=small)
    yield "sampler", partial(sampler_contest, small=small)
    yield "mps", partial(mps_contest, small=small)
    yield "tiny", tiny_contest
    yield "ray", partial(ray_contest, small=small)
    yield "parity", partial(parity_contest, small=small)


def words_of_rates(rates: list[float]) -> str:
    """Say whether rates are high, how flat they are, and whether they fall where rows grow.

    Args:
        rates: Evaluations a second, of ever more rows.
    """
    slowest, spread = min(rates), 1 - min(rates) / max(rates)
    fall = max(0.0, *(1 - later / max(rates[:at]) for at, later in enumerate(rates) if at))
    return (
        f"slowest {slowest:,.0f} a second (wanted {RATE:,}: {_verdict(slowest > RATE)}), "
        f"{spread:.0%} below the fastest (wanted at most {FLATNESS:.0%}: "
        f"{_verdict(spread <= FLATNESS)}); from fewer rows to more it falls by {fall:.0%} at the "
        f"most (wanted at most {FLATNESS:.0%}: {_verdict(fall <= FLATNESS)})"
    )


def _verdict(is_reached: bool) -> str:
    return "reached" if is_reached else "missed"


def main() -> None:
    """Hold all contests, print their table, and write it as JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument(
        "--small", action="store_true", help="a tenth of the rows: minutes, not an hour"
    )
    parser.add_argument("--json", type=Path, help="write every figure here")
    parser.add_argument("--only", default="", help="hold only contests whose word contains this")
    parser.add_argument(
        "--repeats", type=int, default=0, help="alternating repeats (default 3, small 1)"
    )
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    repeats = arguments.repeats or (1 if arguments.small else 3)
    console, lines = Console(), []
    for word, make in contests(small=arguments.small):
        if arguments.only in word:
            found = hold(make(), repeats)
            lines += found
            console.print(table_of(found))
    figures: dict[str, object] = {"lines": [asdict(line) for line in lines]}
    if arguments.only in "efficiency":
        alone, whole = efficiency(small=arguments.small)
        figures["efficiency"] = alone / whole
        verdict = "reached" if alone / whole >= EFFICIENCY else "missed"
        console.print(
            f"whole pipeline on two Ray workers, of the engine alone: {alone / whole:.0%} "
            f"(wanted {EFFICIENCY:.0%}: {verdict})"
        )
    if arguments.only in "rates":
        figures["rates"] = rates(small=arguments.small)
        for rows, rate in figures["rates"]:
            console.print(f"exact, 2 qubits x {rows:>9,} rows: {rate:>11,.0f} evaluations/s")
        console.print(words_of_rates([rate for _, rate in figures["rates"]]))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
