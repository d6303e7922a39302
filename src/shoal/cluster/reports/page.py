"""A result as one HTML page: plots inside, nothing loaded, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from .text_table import TextTable

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
figure{display:inline-block;width:min(100%,40rem);margin:.5rem .5rem .5rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.15rem .7rem;text-align:right;border-bottom:1px solid #8884}
th{text-align:left}
.table{overflow-x:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}
dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
pre{overflow-x:auto;font-size:.85rem;border:1px solid #8884;padding:.7rem}
"""


@dataclass(frozen=True, slots=True)
class OtherResult:
    """The same shots, reduced in another way."""

    name: str
    table: TextTable
    facts: Mapping[str, str]
    """Where its numbers come from: name to text."""


def page_of(
    title: str,
    pictures: Iterable[str],
    table: TextTable,
    facts: Mapping[str, str],
    sweep_text: str,
    others: Iterable[OtherResult] = (),
) -> str:
    """Write a page.

    Args:
        title: The job.
        pictures: ``<svg>`` elements.
        table: The numbers.
        facts: Where the numbers come from: name to text.
        sweep_text: The sweep file; empty: there was none.
        others: The job's other results.

    Returns:
        A whole HTML document.
    """
    figures = [f"<figure>{picture}</figure>" for picture in pictures]
    parts = [f"<h1>{escape(title)}</h1>", *figures, *_table("Results", table)]
    for one in others:
        parts += [*_table(f"Result {one.name}", one.table), _facts(one.facts)]
    parts += ["<h2>Where this comes from</h2>", _facts(facts)]
    if sweep_text:
        parts += ["<h2>Sweep file</h2>", f"<pre>{escape(sweep_text)}</pre>"]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body>{chr(10).join(parts)}</body></html>\n"
    )


def _table(heading: str, table: TextTable) -> Iterator[str]:
    yield f'<h2>{escape(heading)}</h2><div class="table"><table><thead><tr>'
    yield "".join(f"<th>{escape(heading)}</th>" for heading in table.headings)
    yield "</tr></thead><tbody>"
    for row in table.rows:
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</tbody></table></div>"
    yield from (f"<p>{escape(note)}</p>" for note in table.notes)


def _facts(facts: Mapping[str, str]) -> str:
    pairs = (f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    return f"<dl>{''.join(pairs)}</dl>"
