"""The check of a new version, run from its source in the template against clients that are not AWS."""

import io
import json

import boto3
import pytest

import stack

RESOURCES = stack.expanded()["Resources"]
CHECK = RESOURCES["PreTrafficCheck"]["Properties"]
SOURCE = CHECK["Code"]["ZipFile"]
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "execution-1"}
VERSION = "arn:aws:lambda:us-east-1:111122223333:function:reserve:7"


def answer(status, error_code):
    body = {"error_code": error_code, "error_msg": "", "request_id": "pre-traffic-check"}
    return {"statusCode": status, "headers": {}, "body": json.dumps(body), "isBase64Encoded": False}


def ours(event):
    """A version that works, as far as the check can see."""
    return answer(403, "APIG.1136") if event["body"] else answer(400, "APIG.2001")


class Lambda:
    """Invokes a Python function for the new version."""

    def __init__(self, version):
        self.version = version
        self.calls = 0

    def invoke(self, FunctionName, Payload):
        assert FunctionName == VERSION
        self.calls += 1
        try:
            payload = self.version(json.loads(Payload))
        except ArithmeticError as e:  # An error of the function is an answer of Lambda.
            payload = {"errorMessage": str(e), "errorType": "ArithmeticError"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(payload).encode())}
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return {"Payload": io.BytesIO(text.encode())}


class CodeDeploy:
    def __init__(self):
        self.reports = []

    def put_lifecycle_event_hook_execution_status(self, **report):
        self.reports.append(report)


@pytest.fixture
def verdict(monkeypatch):
    """Runs the check of a version and gives what CodeDeploy was told, and how often the version was called."""

    def run(version):
        clients = {"lambda": Lambda(version), "codedeploy": CodeDeploy()}
        monkeypatch.setattr(boto3, "client", lambda service, **_: clients[service])
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        monkeypatch.setenv("NEW_VERSION", VERSION)
        monkeypatch.setenv("EVENT", CHECK["Environment"]["Variables"]["EVENT"])
        module = {}
        exec(compile(SOURCE, "index.py", "exec"), module)
        module[CHECK["Handler"].removeprefix("index.")](EVENT, None)
        (report,) = clients["codedeploy"].reports
        assert report["deploymentId"] == "d-1"
        assert report["lifecycleEventHookExecutionId"] == "execution-1"
        return report["status"], clients["lambda"].calls

    return run


def test_our_version_passes_at_once(verdict):
    assert verdict(ours) == ("Succeeded", 2)


def test_a_version_that_is_not_ready_yet_gets_time(verdict):
    faults = [RuntimeError("SnapStartNotReadyException")] * 4

    def late(event):
        if faults:
            raise faults.pop()
        return ours(event)

    assert verdict(late) == ("Succeeded", 6)


def throwing(error):
    def version(event):
        raise error

    return version


@pytest.mark.parametrize(
    "version",
    [
        lambda event: answer(500, "APIG.9999"),
        lambda event: answer(403, "APIG.1136"),  # also where a 400 is due
        lambda event: answer(400, "APIG.2001") if event["body"] else ours(event),
        lambda event: answer(403, "APIG.0302") if event["body"] else ours(event),
        lambda event: {**ours(event), "body": None},
        lambda event: None,
        lambda event: "<html>",
        lambda event: "",
        throwing(ArithmeticError("a fault of the version")),
        throwing(ConnectionError("a fault of the client")),
    ],
)
def test_a_version_that_does_anything_else_fails(verdict, version):
    status, calls = verdict(version)
    assert status == "Failed"
    assert calls >= 5


def test_the_check_has_time_for_every_attempt_and_fits_into_the_template():
    assert CHECK["Timeout"] > 5 * 2 * 15 + 4 * 5
    assert len(SOURCE) <= 4096


def test_codedeploy_may_call_the_check_whatever_the_name_of_the_stack():
    name, values = CHECK["FunctionName"]["Fn::Sub"]
    assert name == "CodeDeployHook_${Id}"
    # arn:aws:cloudformation:us-east-1:111122223333:stack/name/uuid
    assert values == {"Id": {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}}
    assert RESOURCES["CodeDeployServiceRole"]["Properties"]["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"
    ]


def test_the_check_runs_before_the_alias_moves():
    alias = RESOURCES["ReserveFunctionAliaslive"]
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["BeforeAllowTrafficHook"] == {"Ref": "PreTrafficCheck"}
    version = CHECK["Environment"]["Variables"]["NEW_VERSION"]
    assert alias["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version["Ref"], "Version"]}
