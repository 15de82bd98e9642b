"""The list that .ci/supply-chain makes after `mvn package`: exactly the jars that ship, with allowed licences."""

import hashlib
import json

import pytest

import stack

LICENCES = {"Apache-2.0", "BSD-2-Clause", "MIT", "MIT-0"}


@pytest.fixture
def components():
    return json.loads((stack.ROOT / "target/sbom.cdx.json").read_text())["components"]


def test_the_list_has_exactly_the_jars_that_ship(components):
    jars = (stack.ROOT / "target/function/lib").iterdir()
    listed = {digest["content"]: c["name"] for c in components for digest in c["hashes"] if digest["alg"] == "SHA-256"}
    assert listed.keys() == {hashlib.sha256(jar.read_bytes()).hexdigest() for jar in jars}, listed


def test_every_library_has_an_allowed_licence(components):
    """If a library offers a choice of licences, a person has to choose."""
    for component in components:
        licences = [entry.get("license", {}).get("id") for entry in component.get("licenses", [])]
        assert licences and LICENCES.issuperset(licences), component
