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


ALL = object()


def changed(which, status=None, headers={}, fields={}):
    """Options of verify that change the responses with this status, error code or mark of a replay, or all of them."""
    def change(old_status, old_headers, body):
        marks = ALL, old_status, body.get("error_code"), old_headers.get("idempotent-replayed")
        if which not in marks:
            return old_status, old_headers, body
        return status or old_status, {**old_headers, **headers}, {**body, **fields}

    return {"change": change}


@pytest.fixture
def with_a_group(tenant):
    project, instance, domain = tenant
    return "--owner", f"{domain}:{project}:{instance}", "--group", str(uuid.uuid4())


@pytest.fixture
def verify(serve, local_api):
    """Runs the script; `passes` decides which calls reach the local API, and `change` may change its responses."""
    def run(*options, passes=is_signed, change=lambda *response: response, **environment):
        def gateway(path, headers, body):
            if not passes(path, headers, body):
                refusal = {"error_code": "APIG.0301", "error_msg": "m", "request_id": "id"}
                return change(403, {"x-request-id": "id"}, refusal)
            request = Request(local_api.url + path, body, dict(headers))
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


def test_the_output_says_what_was_skipped(local_api):
    code, output = start("--unsigned", local_api.url + PATH, AWS_ACCESS_KEY_ID="")
    assert code == 0, output
    assert "201" not in output
    assert "skip                  reserving, replaying and conflicting" in output
    assert "skip                  unsigned and wrongly signed calls: --unsigned" in output


@pytest.mark.parametrize("code", ["APIG.0301", "APIG.0302"])
def test_a_gateway_may_refuse_an_unknown_path_with_403(verify, code):
    assert verify(**changed(404, 403, fields={"error_code": code}))[0] == 0


PURCHASE = {"purchase_id": str(uuid.uuid4())}
BROKEN = {
    "everything fails": changed(ALL, 500, fields={"error_code": "APIG.9999"}),
    "an unknown path is served": changed(404, 403, fields={"error_code": "APIG.1136"}),
    "an unknown path has another status": changed(404, 403),
    "the gateway validates bodies": changed("APIG.2000", fields={"error_code": "APIG.2012"}),
    "other tenants are not refused": changed("APIG.1136", 201),
    "another tenant learns the purchase id": changed("APIG.1136", fields=PURCHASE),
    "a replay makes another purchase": changed("true", fields=PURCHASE),
    "a replay is not marked": changed("true", headers={"idempotent-replayed": None}),
    "a conflict is a 201": changed(409, 201),
    "the holder gets no purchase id": changed(409, fields={"purchase_id": None}),
    "the request id is wrong": changed(ALL, headers={"x-request-id": "other"}),
    "the request id is missing": changed(ALL, headers={"x-request-id": None}),
    "the content type is wrong": changed(ALL, headers={"content-type": "text/html"}),
    "another group is reserved": changed(201, fields={"group_id": "another"}),
    "unsigned calls pass": {"passes": lambda *_: True},
    "wrong signatures pass": {"passes": lambda path, headers, body: "Authorization" in headers},
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_api_is_reported(verify, with_a_group, fault):
    code, output = verify(*with_a_group, **BROKEN[fault])
    assert code == 1, output
    assert "WRONG" in output and output.endswith("The contract is broken.\n")


NO_API = f"http://127.0.0.1:9{PATH}"  # Nothing listens on this port.


@pytest.mark.parametrize("arguments, environment, complaint", [
    (["http://127.0.0.1:9/"], {}, "{project_id}"),
    (["--group", "g", NO_API], {}, "--owner"),
    (["--owner", "domain", "--group", "g", NO_API], {}, "--owner"),
    (["--unknown", NO_API], {}, "--unknown"),
    ([NO_API], {}, "No response"),
    ([NO_API], {"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID is not set"),
    ([NO_API], {"AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY is not set"),
    ([NO_API], {"AWS_REGION": ""}, "AWS_REGION"),
])
def test_the_exit_code_is_2_if_nothing_can_be_checked(arguments, environment, complaint):
    code, output = start(*arguments, **environment)
    assert code == 2 and complaint in output
