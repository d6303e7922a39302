"""``shoal report``: a page, and its plots as files."""

from shoal.orchestrator.job_folders import stored_jobs


def test_a_page_is_written_where_it_is_said(shoal, sweep, store, tmp_path):
    shoal("run", sweep, "--store", store, "--executor", "inline", "--set", "report.kind=heatmap")
    page, pictures = tmp_path / "page.html", tmp_path / "pictures"
    ended = shoal("report", "small", "--store", store, "-o", page, "--pictures", pictures)
    assert ended.code == 0, ended.err
    (job,) = stored_jobs(store)
    text = page.read_text()
    assert job.fingerprint in text
    assert text.count("<svg") == 2
    assert sorted(path.name for path in pictures.iterdir()) == ["small-1.svg", "small-2.svg"]


def test_a_page_that_cannot_be_written_ends_with_2(shoal, sweep, store, tmp_path):
    shoal("run", sweep, "--store", store, "--executor", "inline")
    ended = shoal("report", "small", "--store", store, "-o", tmp_path / "none" / "page.html")
    assert ended.code == 2
    assert "none" in ended.err
