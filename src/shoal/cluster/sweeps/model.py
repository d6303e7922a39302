"""What a sweep file may say: one model a table, unknown keys refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    Strict,
    model_validator,
)

from .numbers import Number, read_number


def _as_list(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


def _as_axis(value: object) -> object:
    return value if isinstance(value, dict) else {"values": _as_list(value)}


def _as_terms(value: object) -> object:
    return {value: 1.0} if isinstance(value, str) else value


def _as_reference(value: object) -> object:
    return value if value in (None, "exact_diagonalization") else read_number(value)


class Table(BaseModel):
    """A table of a sweep file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _exactly_one(table: Table, names: tuple[str, ...]) -> None:
    found = [name for name in names if getattr(table, name) is not None]
    if len(found) != 1:
        raise ValueError(
            f"expected exactly one of {', '.join(names)}; found {', '.join(found) or 'none'}"
        )


class CircuitTable(Table):
    """``[circuits.NAME]``: one circuit, or all the circuits of a file or a function."""

    qasm: str | None = None
    """OpenQASM 2 or 3, inline."""
    file: Path | None = None
    """``.qasm`` (OpenQASM 2 or 3) or ``.qpy``."""
    function: str | None = None
    """``module:function``, which returns a circuit or a list of circuits."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments of the function."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        _exactly_one(self, ("qasm", "file", "function"))
        if self.arguments and self.function is None:
            raise ValueError("arguments go with function = 'module:function' only")
        return self


class ObservablesTable(Table):
    """``[observables.NAME]``: one observable, or a list of them."""

    terms: dict[str, Number] | None = None
    """One observable: ``{ZZ = 0.5, XX = -1}``, the highest qubit first."""
    sparse: list[tuple[str, list[NonNegativeInt], Number]] | None = None
    """One observable: ``[["ZZ", [0, 3], 0.5], ...]``, as ``SparsePauliOp.from_sparse_list``."""
    each: list[Annotated[dict[str, Number], BeforeValidator(_as_terms)]] | None = None
    """Several observables: labels, or tables of terms."""
    file: Path | None = None
    """``.csv`` (an observable a line) or ``.json`` (terms, or a list of terms)."""
    columns: dict[str, str] = Field(default_factory=dict)
    """For a CSV file: column to Pauli label; not needed where columns are named by labels."""
    labels: list[str] = Field(default_factory=list)
    """For a CSV file: columns that name an observable in the results."""
    function: str | None = None
    """``module:function``, which returns a ``SparsePauliOp`` or a list of them."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments of the function."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        _exactly_one(self, ("terms", "sparse", "each", "file", "function"))
        if self.arguments and self.function is None:
            raise ValueError("arguments go with function = 'module:function' only")
        if (self.columns or self.labels) and (self.file is None or self.file.suffix != ".csv"):
            raise ValueError("columns and labels go with file = '....csv' only")
        return self


class AxisTable(Table):
    """The values of one parameter."""

    values: list[Number] | None = None
    linspace: Annotated[tuple[Number, Number, PositiveInt], Strict(False)] | None = None
    """``[first, last, count]``, both ends included."""
    arange: Annotated[tuple[Number, Number, Number], Strict(False)] | None = None
    """``[first, stop, step]``, the stop excluded."""
    uniform: Annotated[tuple[Number, Number], Strict(False)] | None = None
    """``[low, high]``; for ``kind = "random"``."""
    normal: Annotated[tuple[Number, Number], Strict(False)] | None = None
    """``[mean, standard deviation]``; for ``kind = "random"``."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        _exactly_one(self, ("values", "linspace", "arange", "uniform", "normal"))
        return self


class ParametersTable(Table):
    """``[parameters]``: every set of values that the circuits are run at."""

    kind: Literal["grid", "zip", "random", "values", "table"] = "grid"
    axes: dict[str, Annotated[AxisTable, BeforeValidator(_as_axis)]] = Field(default_factory=dict)
    """Parameter name to values, for grid, zip and random; the first axis varies slowest."""
    count: PositiveInt | None = None
    """For random: how many sets."""
    seed: NonNegativeInt = 0
    """For random: where the values come from; independent of the sweep's own seed."""
    values: list[list[Number]] | None = None
    """For values: sets in the order of the circuit's own parameters."""
    file: Path | None = None
    """For table: ``.csv`` or ``.parquet`` by column name, ``.npy`` in the circuit's own order."""
    columns: dict[str, str] = Field(default_factory=dict)
    """For table: parameter to column, where they are named differently."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed = {
            "grid": "axes",
            "zip": "axes",
            "random": "axes",
            "values": "values",
            "table": "file",
        }
        extra = {"random": {"count", "seed"}, "table": {"columns"}}.get(self.kind, set())
        allowed = {"kind", needed[self.kind]} | extra
        if unfit := sorted(self.model_fields_set - allowed):
            raise ValueError(
                f"kind = {self.kind!r} does not take {', '.join(unfit)}; "
                f"it takes {', '.join(sorted(allowed))}"
            )
        if needed[self.kind] not in self.model_fields_set:
            raise ValueError(f"kind = {self.kind!r} needs {needed[self.kind]}")
        if self.kind == "random" and self.count is None:
            raise ValueError("kind = 'random' needs count")
        return self


Pairing = Literal["product", "zip", "broadcast"]


class GroupTable(Table):
    """``[[groups]]``: which circuits go with which observables and parameters."""

    circuits: list[str] = Field(min_length=1)
    observables: list[str] = Field(default_factory=list)
    parameters: ParametersTable | None = None
    """Instead of the sweep's ``[parameters]``."""
    pairing: Pairing | None = None


class ReportTable(Table):
    """``[report]``: the table or picture that ``shoal run`` ends with."""

    kind: Literal["table", "minimum", "maximum", "heatmap"] = "table"
    reference: Annotated[str | float | None, BeforeValidator(_as_reference)] = None
    """What an optimum is compared with: the lowest (highest) eigenvalue, or a number."""
    unit: str = ""
    rows: PositiveInt = 40
    """How many rows a table prints at most; every row is in the result files."""


class SweepTable(Table):
    """A whole sweep file."""

    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    primitive: Literal["estimator", "sampler"]
    seed: NonNegativeInt = 0
    circuits: dict[str, CircuitTable] = Field(min_length=1)
    observables: dict[str, ObservablesTable] = Field(default_factory=dict)
    parameters: ParametersTable | None = None
    pairing: Pairing = "product"
    groups: list[GroupTable] = Field(default_factory=list)
    precision: Annotated[list[Number] | None, BeforeValidator(_as_list)] = None
    """Target standard error of a Pauli term; 0 is exact. A list: a pass each."""
    shots: Annotated[list[PositiveInt] | None, BeforeValidator(_as_list)] = None
    """Shots of every parameter set of a sampler. A list: a pass each."""
    options: dict[str, Any] = Field(default_factory=dict)
    """As ``EstimatorOptions`` or ``SamplerOptions`` in Python."""
    engine: Annotated[list[str] | None, BeforeValidator(_as_list)] = None
    """An engine's or a queue's name. A list: every pub runs on each of them."""
    store: Path | None = None
    workers: PositiveInt | None = None
    report: ReportTable = ReportTable()

    @model_validator(mode="after")
    def _fits_its_primitive(self) -> Self:
        if self.primitive == "estimator":
            if self.shots is not None:
                raise ValueError("an estimator takes precision, not shots")
            if not self.observables:
                raise ValueError("an estimator needs [observables.NAME]")
        elif self.precision is not None:
            raise ValueError("a sampler takes shots, not precision")
        elif self.observables:
            raise ValueError("a sampler takes no observables")
        if "seed" in self.options:
            raise ValueError("seed is a key of the sweep itself, not of options")
        return self

    @property
    def passes(self) -> Sequence[float | int | None]:
        """The precisions, or the shots, that everything is run at; ``None`` is the default."""
        return (self.precision if self.primitive == "estimator" else self.shots) or [None]
