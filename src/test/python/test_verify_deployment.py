"""src/tools/shell/verify-deployment with the local API, with an API that keeps the contract, and with broken ones."""

import json
import os
import subprocess
import uuid

import pytest
from botocore.credentials import Credentials

import stack
from signature import signature

SCRIPT = stack.ROOT / "src/tools/shell/verify-deployment"
PATH = "/live/v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve"
OWNED = "/live/v1/project/apigw/instances/instance/market/api-groups/reserve"
WITH_A_GROUP = ("--owner", "domain:project:instance", "--group", "verified")


class Api:
    """The part of the contract that the script checks, in a few lines."""

    def __init__(self):
        self.reservation = None
        self.seen = []

    no_such_path = 404, "APIG.0101"

    def is_signed(self, path, headers, body):
        correct = Credentials("simulator", "simulator")
        return "Authorization" in headers and headers["Authorization"] == signature(correct, path, headers, body)

    def answer(self, path, headers, body):
        self.seen.append(headers)
        if not self.is_signed(path, headers, body):
            return self.error(403, "APIG.0301")
        if not path.endswith("/reserve"):
            return self.error(*self.no_such_path)
        try:
            group = json.loads(body).get("group_id")
        except ValueError:
            return self.error(400, "APIG.2000")
        if group is None:
            return self.error(400, "APIG.2001")
        if (path, headers["X-Domain-Id"]) != (OWNED, "domain"):
            return self.error(403, "APIG.1136")
        key = headers.get("Idempotency-Key")
        if self.reservation is None:
            self.reservation = {"group_id": group, "purchase_id": str(uuid.uuid4())}, key
            return 201, {}, self.reservation[0]
        created, first_key = self.reservation
        if key and key == first_key:
            return 201, {"Idempotent-Replayed": "true"}, created
        return self.error(409, "APIG.3402", purchase_id=created["purchase_id"])

    def error(self, status, code, **more):
        return status, {}, {"error_code": code, "error_msg": "m", "request_id": "id", **more}


@pytest.fixture
def verify(serve):
    """Runs the script with an API. Returns the exit code and the output."""
    def run(api, *options, **environment):
        def answer(*call):
            status, headers, body = api.answer(*call)
            return status, {"x-request-id": "id", **headers}, body

        result = subprocess.run(
            [SCRIPT, *options, serve(answer) + PATH],
            capture_output=True,
            text=True,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "AWS_ACCESS_KEY_ID": "simulator",
                "AWS_SECRET_ACCESS_KEY": "simulator",
                "AWS_REGION": "eu-west-1",
                **environment,
            },
        )
        return result.returncode, result.stdout + result.stderr

    return run


def test_the_local_api_passes(api, tenant):
    project, instance, domain = tenant
    owner = f"{domain}:{project}:{instance}"
    result = subprocess.run(
        [SCRIPT, "--unsigned", "--owner", owner, "--group", str(uuid.uuid4()), api + PATH.removeprefix("/live")],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("The contract holds.\n")


def test_an_api_that_keeps_the_contract_passes(verify):
    code, output = verify(Api(), *WITH_A_GROUP)
    assert code == 0, output
    assert [line.split()[:2] for line in output.splitlines()] == [
        ["ok", status] for status in "400 400 403 403 403 404 201 201 409 403".split()
    ] + [["The", "contract"]]


def test_without_a_group_the_script_reserves_nothing_and_says_so(verify):
    api = Api()
    code, output = verify(api)
    assert code == 0, output
    assert api.reservation is None
    assert "skip                  reserving, replaying and conflicting" in output


def test_calls_are_signed_for_the_region_and_with_the_session(verify):
    api = Api()
    assert verify(api, AWS_SESSION_TOKEN="session")[0] == 0
    signed = [h for h in api.seen if "Authorization" in h]
    assert len(signed) == 5 and len(api.seen) == 6
    for headers in signed:
        assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
        assert "x-amz-security-token" in headers["Authorization"]
        assert headers["X-Amz-Security-Token"] == "session"


def test_only_an_option_skips_the_signature_checks_and_the_output_says_so(verify):
    class Open(Api):
        def is_signed(self, path, headers, body):
            return "Authorization" not in headers

    code, output = verify(Open(), "--unsigned", AWS_ACCESS_KEY_ID="")
    assert code == 0, output
    assert "skip                  unsigned and wrongly signed calls: --unsigned" in output


@pytest.mark.parametrize("status, code", [(404, "APIG.0101"), (403, "APIG.0301"), (403, "APIG.0302")])
def test_a_gateway_may_refuse_an_unknown_path_with_either_status(verify, status, code):
    api = Api()
    api.no_such_path = status, code
    assert verify(api)[0] == 0


def test_a_served_unknown_path_is_reported(verify):
    api = Api()
    api.no_such_path = 403, "APIG.1136"
    code, output = verify(api)
    assert code == 1
    assert "WRONG 403 APIG.1136   a path that does not exist" in output


def test_an_unchecked_signature_is_reported(verify):
    class Trusting(Api):
        def is_signed(self, path, headers, body):
            return "Authorization" in headers

    code, output = verify(Trusting())
    assert code == 1
    assert "WRONG 403 APIG.1136   a call with a wrong signature" in output


def new_purchase():
    return {"group_id": "verified", "purchase_id": str(uuid.uuid4())}


# Each changes the responses of a correct API: status, headers and body.
BROKEN = {
    "everything fails": lambda *_: Api().error(500, "APIG.9999"),
    "the gateway validates bodies": lambda status, headers, body: (
        status, headers, {**body, "error_code": "APIG.2012"} if body.get("error_code") == "APIG.2000" else body),
    "other tenants are not refused": lambda status, headers, body: (
        (201, {}, new_purchase()) if body.get("error_code") == "APIG.1136" else (status, headers, body)),
    "a replay makes another purchase": lambda status, headers, body: (
        status, headers, {**body, "purchase_id": str(uuid.uuid4())} if headers else body),
    "a replay is not marked": lambda status, headers, body: (status, {}, body),
    "a conflict is a 201": lambda status, headers, body: (
        (201, {}, new_purchase()) if status == 409 else (status, headers, body)),
    "the holder gets no purchase id": lambda status, headers, body: (
        status, headers, {k: v for k, v in body.items() if status != 409 or k != "purchase_id"}),
    "the request id is another": lambda status, headers, body: (status, {**headers, "x-request-id": "other"}, body),
    "the request id is missing": lambda status, headers, body: (status, {**headers, "x-request-id": None}, body),
    "the content type is another": lambda status, headers, body: (status, {**headers, "content-type": "text/html"}, body),
    "another group is reserved": lambda status, headers, body: (
        status, headers, {**body, "group_id": "another"} if status == 201 else body),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_api_is_reported(verify, change):
    class Broken(Api):
        def answer(self, *call):
            return change(*super().answer(*call))

    assert_broken(*verify(Broken(), *WITH_A_GROUP))


def test_unsigned_calls_that_pass_are_reported(verify):
    class Open(Api):
        def answer(self, path, headers, body):
            return super().answer(path, headers, body) if "Authorization" in headers else self.error(403, "APIG.1136")

    assert_broken(*verify(Open(), *WITH_A_GROUP))


def assert_broken(code, output):
    assert code == 1, output
    assert "WRONG" in output and output.endswith("The contract is broken.\n")


def test_an_already_reserved_group_is_reported(verify):
    api = Api()
    assert verify(api, *WITH_A_GROUP)[0] == 0
    code, output = verify(api, *WITH_A_GROUP)
    assert code == 1
    assert "WRONG 409 APIG.3402   reserving verified: expected 201" in output


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"])
def test_without_credentials_no_call_is_made(verify, missing):
    api = Api()
    code, output = verify(api, **{missing: ""})
    assert code == 2
    assert missing in output and len(output.splitlines()) == 1
    assert api.seen == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://127.0.0.1:9/"],
        ["--group", "g", f"http://127.0.0.1:9{PATH}"],
        ["--owner", "domain", "--group", "g", f"http://127.0.0.1:9{PATH}"],
        ["--unknown", f"http://127.0.0.1:9{PATH}"],
        [f"http://127.0.0.1:9{PATH}"],  # Nothing listens on this port.
    ],
)
def test_a_call_that_cannot_be_made_ends_with_2(arguments):
    environment = {"PATH": os.environ["PATH"], "AWS_REGION": "eu-west-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "simulator", "AWS_SECRET_ACCESS_KEY": "simulator"}
    result = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, env=environment)
    assert result.returncode == 2
    assert result.stderr
