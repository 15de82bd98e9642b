"""The examples in docs/calling.md sign their calls correctly: the tests recompute the signatures."""

import hashlib
import os
import re
import subprocess
from types import SimpleNamespace

import pytest
from botocore.credentials import Credentials

import stack
from signature import signature

REGION = "eu-central-1"
CREDENTIALS = Credentials("simulator", "simulator", "simulator-session")
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
    "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
    "AWS_SESSION_TOKEN": CREDENTIALS.token,
}
# The commands as printed in the guide.
COMMANDS = re.findall(r'^(.*docs/examples/\S+) "\$URL"', (stack.ROOT / "docs/calling.md").read_text(), re.M)


@pytest.fixture
def gateway(serve):
    """Returns 201 and records the calls."""
    calls = []

    def answer(*call):
        calls.append(call)
        return 201, {}, {"group_id": "group", "purchase_id": "the-purchase"}

    return SimpleNamespace(url=serve(answer), calls=calls)


def test_the_guide_names_three_examples():
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_signs_its_call(gateway, command):
    url = f"{gateway.url}/live/v1/project/apigw/instances/instance/market/api-groups/reserve"
    result = subprocess.run(
        f"{command} {url} domain group order-1",
        shell=True, cwd=stack.ROOT, capture_output=True, text=True,
        env=ENVIRONMENT,
    )
    assert (result.returncode, result.stdout) == (0, "the-purchase\n"), result.stderr
    [call] = gateway.calls
    assert_signed(*call)


def assert_signed(path, headers, body):
    assert body == b'{"group_id": "group"}'
    assert (headers["x-domain-id"], headers["idempotency-key"]) == ("domain", "order-1")
    assert headers["x-amz-security-token"] == CREDENTIALS.token

    digest = hashlib.sha256(body).hexdigest()
    assert headers.get("x-amz-content-sha256", digest) == digest

    scope = f"{CREDENTIALS.access_key}/{headers['x-amz-date'][:8]}/{REGION}/execute-api/aws4_request"
    assert headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={scope},")
    assert headers["authorization"] == signature(CREDENTIALS, path, headers, body)


def reconcile(gateway, list_of_orders):
    url = f"{gateway.url}/v1/{{project_id}}/apigw/instances/{{instance_id}}/market/api-groups/reserve"
    return subprocess.run(
        ["docs/examples/reconcile.py", url, "-"], input=list_of_orders, cwd=stack.ROOT, env=ENVIRONMENT,
        capture_output=True, text=True)


HEADER = "order,project_id,instance_id,domain_id,group_id,idempotency_key\n"
ORDERS = HEADER + "1,project,instance,domain,group,order-1\n2,project,instance,domain,group,order-1\n"


def test_reconcile_signs_its_calls(gateway):
    result = reconcile(gateway, ORDERS)
    assert (result.returncode, result.stdout, result.stderr) == (
        0, "1,settled,the-purchase\n2,settled,the-purchase\n", "")
    for call in gateway.calls:
        assert_signed(*call)


@pytest.mark.parametrize("orders, complaint", [
    (HEADER + "1,project,instance,,group,\n", "-: line 2 has no domain_id and no idempotency_key"),
    ("order,project_id\n1,project\n", "-: line 2 has no instance_id and no domain_id and no group_id and no idempotency_key"),
])
def test_no_call_is_sent_for_an_invalid_list(gateway, orders, complaint):
    result = reconcile(gateway, orders)
    assert (result.returncode, result.stdout, result.stderr) == (12, "", complaint + "\n")
    assert gateway.calls == []
