"""Reports: tables with names, maps, curves, and pages that stand alone."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from shoal.cluster.reports.axes import Axis
from shoal.cluster.reports.heatmap import Heatmap, cell_colours, number_lines, shade_lines
from shoal.cluster.reports.labelled_table import labelled_table
from shoal.cluster.reports.page import page_of
from shoal.cluster.reports.report import make_report, pictures_of
from shoal.cluster.reports.svg import Series, heatmap_svg, plot_svg
from shoal.cluster.reports.text_table import TextTable
from shoal.cluster.sweeps.model import ReportTable


@pytest.fixture
def heatmap():
    y, x = np.linspace(0, 1, 6), np.linspace(-1, 1, 9)
    return Heatmap("a < b", "across", x, "down", y, np.add.outer(10 * y, x))


def test_lines_carry_labels_and_parameters(done):
    found = done()
    table = labelled_table(found.request, found.labels, found.result).to_pydict()
    assert len(table["ev"]) == 2 * 2 * 15
    evs = found.result[0].data.evs
    for line in (0, 7, 29):
        observable, point = divmod(line, 15)
        assert table["observable"][line] == ("ZZ", "IX")[observable]
        assert table["theta"][line] == pytest.approx(np.pi / 4 * (point // 3))
        assert table["phi"][line] == pytest.approx(np.pi / 2 * (point % 3))
        assert table["ev"][line] == evs.reshape(-1)[line]
    assert table["precision"] == [0.0] * 30 + [0.1] * 30


def test_a_landscape_is_the_pub_as_the_grid_has_it(done):
    found = done(observables="terms = { IX = 1 }")
    report = make_report(found.request, found.labels, found.result, ReportTable(kind="heatmap"))
    (heatmap,) = report.maps
    assert (heatmap.y_name, heatmap.x_name) == ("theta", "phi")
    assert np.array_equal(heatmap.values, found.result[1].data.evs)
    assert heatmap.y == pytest.approx(np.linspace(0, np.pi, 5))


def test_a_map_shrinks_to_means(heatmap):
    small = heatmap.shrunk(3, 2)
    assert small.values.shape == (2, 3)
    assert small.values.mean() == pytest.approx(heatmap.values.mean())
    assert small.values[0, 0] == pytest.approx(heatmap.values[:3, :3].mean())


def test_maps_have_the_greatest_y_at_the_top(heatmap):
    lines = list(number_lines(heatmap))
    assert lines[-1].split()[0] == "0.000"
    assert next(iter(shade_lines(heatmap, 9, 6))).endswith("█")
    assert cell_colours(heatmap, 9, 6)[0][-1] == (253, 231, 37)


def test_a_flat_map_is_drawn_too(heatmap):
    flat = Heatmap("flat", "x", heatmap.x, "y", heatmap.y, np.zeros_like(heatmap.values))
    assert all(line.isprintable() for line in number_lines(flat))
    ET.fromstring(heatmap_svg(flat))


def test_plots_are_well_formed(heatmap):
    series = Series("a & b", [0, 1, 2], [1, 2, 3], [0.1, 0.1, 0.1], "points")
    plot = ET.fromstring(plot_svg("<title>", "x", "y", [series]))
    assert len(plot.findall(".//{*}circle")) == 4
    ET.fromstring(heatmap_svg(heatmap))


def test_an_axis_of_one_value_has_room():
    axis = Axis.over([3.0], 0, 100)
    assert axis.low < 3 < axis.high
    assert axis.ticks()


def test_a_page_loads_nothing_and_escapes_everything(done):
    found = done()
    wanted = ReportTable(kind="minimum", reference="exact_diagonalization")
    report = make_report(found.request, found.labels, found.result, wanted)
    page = page_of("<job>", pictures_of(report), report.table, {"a": "<b>"}, "x = '<script>'")
    assert "<script" not in page
    assert "&lt;job&gt;" in page
    assert not re.search(r"""(src|href)="(?!data:)|url\(|@import""", page)


def test_curves_follow_the_one_number_that_labels_observables(done, tmp_path):
    (tmp_path / "h.csv").write_text("R,ZZ,XX\n0.5,1,0.5\n1.0,2,0.5\n")
    found = done(observables='file = "h.csv"\nlabels = ["R"]')
    wanted = ReportTable(kind="minimum", reference="exact_diagonalization")
    values, differences = make_report(found.request, found.labels, found.result, wanted).curves
    assert (values.x_name, list(values.series[0].x)) == ("R", [0.5, 1.0])
    assert [one.name for one in differences.series] == ["zero", "exact scan", "100 shots a basis"]


def test_text_tables_line_up():
    lines = list(TextTable(("a", "n"), (("x", "1"), ("long", "-10")), ("note",)).lines())
    assert lines == ["a    n", "---- ---", "x      1", "long -10", "note"]
