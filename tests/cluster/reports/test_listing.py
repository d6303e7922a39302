"""Plain tables of results."""

import pyarrow as pa

from shoal.cluster.reports.listing import counts_listing


def test_listings_rank_by_what_is_known_best() -> None:
    lines = {
        "pub": [0, 0, 1],
        "bitstring": ["00", "11", "01"],
        "count": [9, 8, 7],
        "quasi": [0.25, 0.75, None],
        "quasi_std": [0.01, 0.02, None],
    }
    listing = counts_listing(pa.table(lines), 5)
    assert listing.headings == ("quasi-probability", "distinct")
    assert listing.rows[0] == ("11 0.7500 +- 0.0200  00 0.2500 +- 0.0100", "2")
    assert listing.rows[1] == ("01 7 seen", "1")
