"""verify-deployment with the local API, behind a gateway that checks signatures or breaks the contract."""

import json
import os
import subprocess
import uuid
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from botocore.credentials import Credentials

import stack
from signature import signature

SCRIPT = stack.ROOT / "src/tools/shell/verify-deployment"
PATH = "/v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve"
CREDENTIALS = Credentials("simulator", "simulator", "session")


def start(*arguments, **environment):
    """Returns the exit code and the output."""
    environment = {
        "PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "simulator", "AWS_SECRET_ACCESS_KEY": "simulator",
        "AWS_SESSION_TOKEN": "session", "AWS_REGION": "eu-west-1", **environment}
    result = subprocess.run(
        [SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, env=environment)
    return result.returncode, result.stdout


def is_signed(path, headers, body):
    return (
        "/eu-west-1/execute-api/" in headers.get("Authorization", "")
        and headers["X-Amz-Security-Token"] == CREDENTIALS.token
        and headers["Authorization"] == signature(CREDENTIALS, path, headers, body)
    )


def unchanged(*response):
    return response


def error(status, code):
    return status, {"x-request-id": "id"}, {"error_code": code, "error_msg": "m", "request_id": "id"}


@pytest.fixture
def with_a_group(tenant):
    project, instance, domain = tenant
    return "--owner", f"{domain}:{project}:{instance}", "--group", str(uuid.uuid4())


@pytest.fixture
def verify(serve, api):
    """Runs the script; `passes` decides which calls reach the local API, and `change` may change its responses."""
    def run(*options, passes=is_signed, change=unchanged, **environment):
        def gateway(path, headers, body):
            if not passes(path, headers, body):
                return change(*error(403, "APIG.0301"))
            request = Request(api + path, body, dict(headers))
            try:
                response = build_opener(ProxyHandler({})).open(request)
            except HTTPError as e:
                response = e
            with response:
                kept = "content-type", "x-request-id", "idempotent-replayed"
                return change(response.status, {name: response.headers[name] for name in kept}, json.load(response))

        return start(*options, serve(gateway) + PATH, **environment)

    return run


def test_a_correct_api_passes(verify, with_a_group):
    code, output = verify(*with_a_group)
    assert code == 0, output
    assert [line.split()[:2] for line in output.splitlines()] == [
        ["ok", status] for status in "400 400 403 403 403 404 201 201 409 403".split()
    ] + [["The", "contract"]]

    code, output = verify(*with_a_group)
    assert code == 1
    assert "WRONG 409 APIG.3402   reserving" in output


def test_the_output_says_what_was_skipped(api):
    code, output = start("--unsigned", api + PATH, AWS_ACCESS_KEY_ID="")
    assert code == 0, output
    assert "201" not in output
    assert "skip                  reserving, replaying and conflicting" in output
    assert "skip                  unsigned and wrongly signed calls: --unsigned" in output


@pytest.mark.parametrize("code", ["APIG.0301", "APIG.0302"])
def test_a_gateway_may_refuse_an_unknown_path_with_403(verify, code):
    assert verify(change=lambda *response: error(403, code) if response[0] == 404 else response)[0] == 0


def new_purchase(body):
    return {"group_id": "group", **body, "purchase_id": str(uuid.uuid4())}


# Each changes the responses of a correct API: status, headers and body.
BROKEN = {
    "everything fails": lambda *_: error(500, "APIG.9999"),
    "an unknown path is served": lambda status, *rest: error(403, "APIG.1136") if status == 404 else (status, *rest),
    "the gateway validates bodies": lambda status, headers, body: (
        status, headers, {**body, "error_code": "APIG.2012"} if body.get("error_code") == "APIG.2000" else body),
    "other tenants are not refused": lambda status, headers, body: (
        201 if body.get("error_code") == "APIG.1136" else status, headers, body),
    "another tenant learns the purchase id": lambda status, headers, body: (
        status, headers, new_purchase(body) if body.get("error_code") == "APIG.1136" else body),
    "a replay makes another purchase": lambda status, headers, body: (
        status, headers, new_purchase(body) if headers.get("idempotent-replayed") else body),
    "a replay is not marked": lambda status, headers, body: (status, {**headers, "idempotent-replayed": None}, body),
    "a conflict is a 201": lambda status, headers, body: (201 if status == 409 else status, headers, body),
    "the holder gets no purchase id": lambda status, headers, body: (
        status, headers, {k: v for k, v in body.items() if status != 409 or k != "purchase_id"}),
    "the request id is another": lambda status, headers, body: (status, {**headers, "x-request-id": "other"}, body),
    "the request id is missing": lambda status, headers, body: (status, {**headers, "x-request-id": None}, body),
    "the content type is another": lambda status, headers, body: (
        status, {**headers, "content-type": "text/html"}, body),
    "another group is reserved": lambda status, headers, body: (
        status, headers, {**body, "group_id": "another"} if status == 201 else body),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_api_is_reported(verify, with_a_group, change):
    assert_broken(*verify(*with_a_group, change=change))


@pytest.mark.parametrize("passes", [lambda *_: True, lambda path, headers, body: "Authorization" in headers])
def test_an_unchecked_signature_is_reported(verify, passes):
    assert_broken(*verify(passes=passes))


def assert_broken(code, output):
    assert code == 1, output
    assert "WRONG" in output and output.endswith("The contract is broken.\n")


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"])
def test_without_credentials_no_call_is_made(missing):
    code, output = start(f"http://127.0.0.1:9{PATH}", **{missing: ""})
    assert code == 2
    assert missing in output and len(output.splitlines()) == 1


@pytest.mark.parametrize("arguments", [
    ["http://127.0.0.1:9/"],
    ["--group", "g", f"http://127.0.0.1:9{PATH}"],
    ["--owner", "domain", "--group", "g", f"http://127.0.0.1:9{PATH}"],
    ["--unknown", f"http://127.0.0.1:9{PATH}"],
    [f"http://127.0.0.1:9{PATH}"],  # Nothing listens on this port.
])
def test_a_call_that_cannot_be_made_ends_with_2(arguments):
    code, output = start(*arguments)
    assert code == 2 and output
