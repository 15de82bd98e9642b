""".ci/supply-chain with lists and jars made for the test, and .ci/vulnerabilities against a fake OSV server."""

import hashlib
import json
import os
import subprocess

import pytest

import stack


def run(script, *arguments, **environment):
    """Returns the exit code and the output."""
    result = subprocess.run(
        [stack.ROOT / ".ci" / script, *arguments], capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], **environment})
    return result.returncode, result.stdout + result.stderr


def component(name, licence={"license": {"id": "MIT"}}):
    return {
        "name": name,
        "version": "1",
        "purl": f"pkg:maven/group/{name}@1?type=jar",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(name.encode()).hexdigest()}],
        "licenses": [licence] if licence else [],
    }


@pytest.fixture
def sbom(tmp_path):
    """Writes a list of components, with their jars beside it."""
    def write(*components):
        lib = tmp_path / "lib"
        lib.mkdir()
        for c in components:
            (lib / f"{c['name']}-1.jar").write_text(c["name"])
        file = tmp_path / "sbom.json"
        file.write_text(json.dumps({"components": components}))
        return file, lib

    return write


def test_a_list_of_exactly_the_jars_passes(sbom):
    code, output = run("supply-chain", *sbom(component("one"), component("two", {"license": {"id": "MIT-0"}})))
    assert (code, output) == (0, "sbom.json: 2 libraries; 1 MIT, 1 MIT-0\n")


def test_an_unlisted_jar_is_named(sbom):
    file, lib = sbom(component("one"))
    (lib / "stale-1.jar").write_text("stale")
    code, output = run("supply-chain", file, lib)
    assert (code, output) == (1, f"stale-1.jar is in {lib} and not in the list.\n")


def test_a_jar_with_different_bytes_is_named(sbom):
    file, lib = sbom(component("one"))
    (lib / "one-1.jar").write_text("two")
    code, output = run("supply-chain", file, lib)
    assert (code, output) == (
        1, f"one 1 is in the list and not in {lib}.\none-1.jar is in {lib} and not in the list.\n")


@pytest.mark.parametrize("licence, named", [
    ({"license": {"id": "GPL-3.0-only"}}, "GPL-3.0-only"),
    ({"license": {"name": "A licence of its own"}}, "A licence of its own"),
    ({"expression": "MIT OR GPL-3.0-only"}, "MIT OR GPL-3.0-only"),
    (None, "no licence"),
])
def test_a_library_with_another_licence_is_named(sbom, licence, named):
    code, output = run("supply-chain", *sbom(component("one"), component("two", licence)))
    assert code == 1
    assert output.startswith(f"two 1: {named};")


@pytest.fixture
def osv(sbom, serve):
    """Runs .ci/vulnerabilities on the libraries one and two, with prepared responses. Returns exit code and output."""
    def ask(*answers):
        remaining = list(answers)
        asked = []

        def answer(path, headers, body):
            asked.append((path, json.loads(body)))
            status, content = remaining.pop(0)
            return status, {}, content

        file, _ = sbom(component("one"), component("two"))
        code, output = run("vulnerabilities", file, OSV_URL=serve(answer))
        return code, output, asked

    return ask


ONE, TWO = ({"package": {"purl": f"pkg:maven/group/{name}@1"}} for name in ("one", "two"))


def test_every_library_is_checked(osv):
    code, output, asked = osv((200, {"results": [{}, {}]}))
    assert (code, output) == (0, "OSV knows no vulnerability in these 2 libraries.\n")
    assert asked == [("/v1/querybatch", {"queries": [ONE, TWO]})]


def test_a_vulnerability_is_named_with_its_library(osv):
    code, output, _ = osv((200, {"results": [{}, {"vulns": [{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z"}]}]}))
    assert (code, output) == (1, "pkg:maven/group/two@1 has https://osv.dev/vulnerability/GHSA-1\n")


def test_all_pages_of_a_response_are_read(osv):
    code, output, asked = osv(
        (200, {"results": [{"vulns": [{"id": "A"}], "next_page_token": "t"}, {}]}),
        (200, {"results": [{"vulns": [{"id": "B"}]}]}))
    assert code == 1
    assert [line.rpartition("/")[2] for line in output.splitlines()] == ["A", "B"]
    assert asked[1][1] == {"queries": [{**ONE, "page_token": "t"}]}


@pytest.mark.parametrize("answer", [
    (503, b""),
    (200, b"<html>sign in first</html>"),
    (200, []),
    (200, {"results": [{}]}),
])
def test_a_bad_response_does_not_pass(osv, answer):
    code, output, _ = osv(answer)
    assert code == 2
    assert output.startswith("Nothing was checked, because http://127.0.0.1:")
    assert len(output.splitlines()) == 1


def test_an_unreachable_server_does_not_pass(sbom):
    file, _ = sbom(component("one"))
    code, output = run("vulnerabilities", file, OSV_URL="http://127.0.0.1:1")
    assert code == 2
    assert output.startswith("Nothing was checked, because http://127.0.0.1:1/v1/querybatch did not respond properly")
    assert len(output.splitlines()) == 1


def test_without_a_list_nothing_is_checked(tmp_path):
    assert run("vulnerabilities", tmp_path / "sbom.json") == (
        2, f"{tmp_path}/sbom.json does not exist: run .ci/supply-chain first.\n")


@pytest.mark.parametrize("content", ["<html>", "", "[]", "{}", '{"components": [{"name": "one"}]}', '{"components": [7]}'])
def test_an_invalid_list_does_not_pass(tmp_path, content):
    (tmp_path / "sbom.json").write_text(content)
    code, output = run("vulnerabilities", tmp_path / "sbom.json")
    assert code == 2
    assert output.startswith(f"{tmp_path}/sbom.json is not a list of libraries (")
    assert len(output.splitlines()) == 1
