"""M3 quasi-probabilities: ours against mthree, on the same counts.

    python benchmarks/m3_against_mthree.py [--overhead] [--json]

`--overhead` times mthree with the overhead, too, which ours always reports: a minute a row.

Seconds are processor time, so that other users of the machine do not count.

Needs `mthree` beside Shoal, in an environment of its own: it is no dependency of ours.
"""

import argparse
import json
import time

import numpy as np

from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.assignment import AssignmentErrors
from shoal.primitives.mitigation.quasi import distinct_strings, quasi_probabilities


def ghz_counts(bits, strings, flip, rng):
    """Shots of a GHZ state with flips, until enough distinct strings are there."""
    shots = 2 * strings
    while True:
        drawn = rng.integers(0, 2, shots)[:, None] ^ (rng.random((shots, bits)) < flip)
        packed, counts = distinct_strings(pack_bits(drawn.astype(bool)), np.ones(shots, np.int64))
        if len(packed) >= strings or shots > 60 * strings:
            return packed[:strings], counts[:strings]
        shots *= 2


def compare(bits, strings, distance, flip, with_mthree, with_overhead=False):
    """Solve one problem both ways and return a row of the table."""
    rng = np.random.default_rng(bits * 1000 + strings)
    errors = AssignmentErrors(rng.uniform(0.005, 0.03, bits), rng.uniform(0.005, 0.03, bits))
    packed, counts = ghz_counts(bits, strings, flip, rng)
    start = time.process_time()
    ours = quasi_probabilities(packed, counts, errors, distance)
    seconds = time.process_time() - start
    row = {
        "bits": bits, "strings": len(packed), "asked": distance, "distance": ours.distance,
        "method": ours.method, "seconds": seconds, "overhead": ours.overhead,
    }  # fmt: skip
    if with_mthree:
        row |= against_mthree(packed, counts, errors, distance, ours, with_overhead)
    return row


def against_mthree(packed, counts, errors, distance, ours, with_overhead):
    """Time mthree on the same counts, with the overhead that we report too, and without."""
    import mthree

    keys = [format(int.from_bytes(row.tobytes(), "big"), f"0{errors.num_bits}b") for row in packed]
    mitigation = mthree.M3Mitigation(None)
    mitigation.cals_from_matrices([np.asarray(one, np.float32) for one in errors.matrices])
    arguments = dict(zip(keys, counts.tolist(), strict=True)), range(errors.num_bits)
    start = time.process_time()
    mitigation.apply_correction(*arguments, distance=distance)
    plain = time.process_time() - start
    start = time.process_time()
    if with_overhead:
        mitigation.apply_correction(*arguments, distance=distance, return_mitigation_overhead=True)
    overhead = time.process_time() - start if with_overhead else None
    exact = mitigation.apply_correction(*arguments, distance=distance, tol=1e-7)
    difference = max(abs(exact[k] - v) for k, v in zip(keys, ours.values, strict=True))
    return {
        "mthree_seconds": plain, "mthree_with_overhead": overhead, "difference": float(difference),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--without-mthree", action="store_true")
    parser.add_argument("--overhead", action="store_true")
    arguments = parser.parse_args()
    cases = [
        (8, 200, None, 0.1), (14, 5_000, None, 0.1), (20, 10_000, None, 0.1),
        (20, 10_000, 3, 0.1), (50, 10_000, 1, 0.1), (50, 10_000, 2, 0.03),
    ]  # fmt: skip
    rows = [compare(*case, not arguments.without_mthree, arguments.overhead) for case in cases]
    large = [(20, 100_000, None, 0.15), (50, 100_000, None, 0.06), (127, 100_000, None, 0.03)]
    rows += [compare(*case, False) for case in large]
    if arguments.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()})


if __name__ == "__main__":
    main()
