"""Who is let in: addresses, versions, tokens; a real Ray's answers are in tests/chaos."""

import pytest

from shoal.cluster.ray_address import RayAddress
from shoal.cluster.ray_door import check_versions, token_source
from shoal.primitives.errors import ExecutionError


@pytest.mark.parametrize(
    "text", ["auto", "head:6379", "10.0.0.1:1", "ray://head.example:10001", "[fe80::1]:6379"]
)
def test_addresses_are_read_and_written_alike(text: str) -> None:
    assert str(RayAddress.parse(text)) == text


@pytest.mark.parametrize("text", ["", "head", "head:", ":1", "head:0", "head:65536", "http://h:1"])
def test_other_words_are_no_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="expected HOST:PORT of a Ray's GCS"):
        RayAddress.parse(text)


def test_versions_that_can_talk_to_each_other_pass() -> None:
    check_versions({"ray_version": "2.60.0", "python_version": "3.11.2"}, "2.60.0", "3.11.9")


@pytest.mark.parametrize(("ray", "python"), [("2.59.0", "3.11.2"), ("2.60.0", "3.12.2")])
def test_other_versions_are_named(ray: str, python: str) -> None:
    with pytest.raises(ExecutionError, match=f"has Ray {ray} on Python {python}"):
        check_versions({"ray_version": ray, "python_version": python}, "2.60.0", "3.11.9")


def test_a_token_is_found_as_ray_finds_it(tmp_path) -> None:
    path = tmp_path / "token"
    path.write_text("secret")
    assert token_source({"RAY_AUTH_TOKEN_PATH": str(path)}) == str(path)
    assert token_source({"RAY_AUTH_TOKEN": "x", "RAY_AUTH_TOKEN_PATH": "y"}) == "RAY_AUTH_TOKEN"
    path.write_text("\n")
    with pytest.raises(ExecutionError, match=f"{path}: it is empty") as error:
        token_source({"RAY_AUTH_TOKEN_PATH": str(path)})
    assert "secret" not in str(error.value)
