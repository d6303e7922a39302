"""A contest's lines as a table."""

from rich.table import Table

from .contest import Line


def table_of(lines: list[Line]) -> Table:
    """Write the lines of one contest as a table."""
    table = Table(title=lines[0].contest, title_justify="left")
    for column in ("contender", "evaluations", "ms/evaluation", "times ours", "wanted", ""):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for line in lines:
        table.add_row(
            line.contender,
            f"{line.evaluations:,}",
            f"{line.ms_per_evaluation:.4g}",
            f"{line.ratio:.4g}",
            f"{line.target:g}" if line.target else "",
            line.verdict,
        )
    return table
