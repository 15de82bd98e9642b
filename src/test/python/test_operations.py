"""The expanded stack in a simulator of AWS, and the commands of docs/operations.md against it."""

import io
import json
import os
import re
import subprocess
import zipfile

import boto3
import pytest
from moto.cloudformation.parsing import resource_class_from_type
from moto.server import ThreadedMotoServer

import stack

DOCUMENT = (stack.ROOT / "docs/operations.md").read_text()
COMMANDS = [b for b in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.S) if b[:9] != "# Not run"]

INSTANCE = "eddc4d25-480b-4cd6-b512-f270a1b8b341"
GROUP = "73c58022-f20d-495a-a188-85d718647f09"

# What the simulator's CloudFormation cannot make; test_template.py looks at all of it.
NOT_SIMULATED = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias",
    "AWS::Logs::MetricFilter",
    "AWS::Scheduler::Schedule",
}
# And what is nothing without those: it makes no API of a definition, so there is nothing to deploy.
LEFT_OUT = NOT_SIMULATED | {
    "AWS::ApiGateway::Deployment",
    "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::Permission",
}


@pytest.fixture(scope="module")
def aws():
    """A simulator of AWS on this machine, which boto3 and the AWS CLI take for the real one."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "simulator")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "simulator")
        patch.setenv("AWS_PAGER", "")
        code = io.BytesIO()
        zipfile.ZipFile(code, "w").close()
        boto3.client("s3").create_bucket(Bucket="code")
        boto3.client("s3").put_object(Bucket="code", Key="function.zip", Body=code.getvalue())
        yield boto3
    server.stop()


def simulated():
    """The expanded template without what the simulator lacks."""
    template = stack.expanded()
    resources = template["Resources"]
    template["Resources"] = {n: r for n, r in resources.items() if r["Type"] not in LEFT_OUT}
    del template["Outputs"]["DashboardUrl"]
    template["Outputs"]["FunctionAlias"]["Value"] = {
        "Fn::Join": [":", [{"Fn::GetAtt": ["ReserveFunction", "Arn"]}, "live"]]
    }
    # Both name the alias.
    del template["Resources"]["Api"]["Properties"]["Body"]
    del template["Resources"]["ReserveFunctionDailyWakeUpRole"]
    return json.dumps(template)


def create(name):
    boto3.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=simulated(),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in stack.PARAMETERS.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    (made,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    return {o["OutputKey"]: o["OutputValue"] for o in made["Outputs"]}


@pytest.fixture(scope="module")
def outputs(aws):
    made = create("market-reserve")
    function = made["FunctionAlias"].removesuffix(":live")
    aws.client("lambda").create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    aws.client("dynamodb").put_item(
        TableName=made["ReservationsTableName"],
        Item={
            "group_id": {"S": GROUP},
            "purchase_id": {"S": "3f30d49b-220f-4b11-9e94-c2fd3c1cc587"},
        },
    )
    return made


def run(*blocks):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        capture_output=True,
        text=True,
        env=os.environ,
    )


def test_the_simulator_lacks_what_is_left_out():
    for kind in NOT_SIMULATED:
        assert resource_class_from_type(kind) is None, f"{kind} can be simulated now"


def test_the_tables_are_made_as_described(aws, outputs):
    for name in outputs["ReservationsTableName"], outputs["InstanceOwnersTableName"]:
        table = aws.client("dynamodb").describe_table(TableName=name)["Table"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert table["DeletionProtectionEnabled"] is True


def test_a_second_stack_does_not_meet_the_first(outputs):
    second = create("market-reserve-2")
    assert not set(second.values()) & set(outputs.values())


def test_the_definition_of_the_api_is_valid_openapi(aws):
    body = stack.source()["Resources"]["Api"]["Properties"]["DefinitionBody"]
    api = aws.client("apigateway").import_rest_api(failOnWarnings=True, body=json.dumps(body))
    paths = [
        r["path"] for r in aws.client("apigateway").get_resources(restApiId=api["id"])["items"]
    ]
    assert next(iter(body["paths"])) in paths


def test_every_documented_command_runs(outputs):
    assert len(COMMANDS) > 8
    result = run(*COMMANDS)
    assert result.returncode == 0, result.stderr
    assert INSTANCE in result.stdout and GROUP in result.stdout


def test_registering_an_owner_refuses_to_overwrite(aws, outputs):
    (setup,) = [block for block in COMMANDS if block.startswith("STACK=")]
    (register,) = [block for block in COMMANDS if "put-item" in block]
    assert run(setup, register).returncode == 0
    second = run(setup, register.replace('"project_id": {"S": "', '"project_id": {"S": "another-'))
    assert second.returncode != 0
    assert "ConditionalCheckFailedException" in second.stderr
    item = aws.client("dynamodb").get_item(
        TableName=outputs["InstanceOwnersTableName"], Key={"instance_id": {"S": INSTANCE}}
    )["Item"]
    assert not item["project_id"]["S"].startswith("another-")


def test_releasing_a_reservation_spares_another_one(aws, outputs):
    table = outputs["ReservationsTableName"]
    item = {"group_id": {"S": GROUP}, "purchase_id": {"S": "another"}}
    aws.client("dynamodb").put_item(TableName=table, Item=item)
    (setup,) = [block for block in COMMANDS if block.startswith("STACK=")]
    (release,) = [block for block in COMMANDS if "purchase_id = :purchase" in block]
    assert "ConditionalCheckFailedException" in run(setup, release).stderr
    key = {"group_id": {"S": GROUP}}
    assert aws.client("dynamodb").get_item(TableName=table, Key=key)["Item"] == item
