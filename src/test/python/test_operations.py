"""Deploys the expanded template in an AWS simulator, and runs the commands of docs/ there."""

import io
import json
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

import boto3
import pytest
from samcli.commands.deploy.deploy_context import DeployContext
from samtranslator.yaml_helper import yaml_parse

import stack

PAGES = [stack.ROOT / "docs/operating" / f"{page}.md" for page in "deploy data runbook security costs regions".split()]
DOCUMENT = "".join(page.read_text() for page in PAGES)
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.S)
COMMANDS = [block for block in BLOCKS if not block.startswith("# Not run")]


def documented(text):
    """The only documented block that contains a text."""
    (block,) = [block for block in BLOCKS if text in block]
    return block


INSTANCE = "eddc4d25-480b-4cd6-b512-f270a1b8b341"
GROUP = "73c58022-f20d-495a-a188-85d718647f09"

# Types that the simulator's CloudFormation does not support, or that need those; test_template.py checks all of them.
LEFT_OUT = {
    "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::Alias", "AWS::Lambda::Permission", "AWS::Logs::MetricFilter", "AWS::Scheduler::Schedule"}


@pytest.fixture(scope="module")
def aws(simulator):
    """The AWS simulator, with boto3 and the AWS CLI pointed at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", simulator)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "simulator")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "simulator")
        patch.setenv("AWS_PAGER", "")
        code = io.BytesIO()
        zipfile.ZipFile(code, "w").close()
        boto3.client("s3").create_bucket(Bucket="code")
        boto3.client("s3").put_object(Bucket="code", Key="function.zip", Body=code.getvalue())
        yield boto3


def simulated():
    """The expanded template without the types that the simulator does not support."""
    template = stack.expanded()
    resources = template["Resources"]
    template["Resources"] = {n: r for n, r in resources.items() if r["Type"] not in LEFT_OUT}
    del template["Outputs"]["DashboardUrl"]
    template["Outputs"]["FunctionAlias"]["Value"] = {
        "Fn::Join": [":", [{"Fn::GetAtt": ["ReserveFunction", "Arn"]}, "live"]]}
    # These name the alias.
    del template["Resources"]["Api"]["Properties"]["Body"]
    del template["Resources"]["ReserveFunctionDailyWakeUpRole"]
    return json.dumps(template)


OPERATOR = "arn:aws:iam::123456789012:role/operator"
PARAMETERS = stack.PARAMETERS | {"RequestsPerSecond": "20", "OperatorPrincipals": OPERATOR}


def create(name):
    """Creates a stack and returns its outputs."""
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=simulated(), Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()])
    (made,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    return {o["OutputKey"]: o["OutputValue"] for o in made["Outputs"]}


@pytest.fixture(scope="module")
def outputs(aws):
    made = create("market-reserve")
    function = made["FunctionAlias"].removesuffix(":live")
    aws.client("lambda").create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    make_the_stage(aws.client("apigateway"), made["ApiId"])
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="market-reserve-ServerErrors-SUFFIX", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1)
    aws.client("dynamodb").put_item(
        TableName=made["ReservationsTableName"],
        Item={"group_id": {"S": GROUP}, "purchase_id": {"S": "3f30d49b-220f-4b11-9e94-c2fd3c1cc587"}})
    return made


def make_the_stage(gateway, api):
    (root,) = gateway.get_resources(restApiId=api)["items"]
    method = {"restApiId": api, "resourceId": root["id"], "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="AWS_IAM")
    gateway.put_integration(**method, type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="live")


def run(*blocks):
    """Runs commands in a copy of the project's directory, where they may create files. Returns their output."""
    with tempfile.TemporaryDirectory() as directory:
        for entry in stack.ROOT.iterdir():
            (Path(directory) / entry.name).symlink_to(entry)
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)], cwd=directory, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def printed(outputs):
    """What all documented commands print, run one after the other."""
    return run(*COMMANDS)


def test_every_documented_command_runs(printed):
    assert len(COMMANDS) > 8
    assert INSTANCE in printed and GROUP in printed


def test_the_import_template_has_only_the_stacks_tables(aws, outputs):
    output = run(documented("TABLES=$(mktemp)"), 'cat "$TABLES"; rm "$TABLES"')
    tables = yaml_parse(output)["Resources"]
    own = yaml_parse((stack.ROOT / "template.yaml").read_text())["Resources"]
    assert json.dumps(tables) == json.dumps({name: own[name] for name in ("ReservationsTable", "InstanceOwnersTable")})
    aws.client("cloudformation").create_stack(StackName="tables", TemplateBody=output)


def test_a_table_left_by_a_failed_deployment_is_deleted_only_if_empty(aws):
    left = create("failed")
    dynamodb = aws.client("dynamodb")
    dynamodb.put_item(TableName=left["ReservationsTableName"], Item={"group_id": {"S": "g"}})
    delete = documented("KEPT=the-name-of-the-table")
    for output in "ReservationsTableName", "InstanceOwnersTableName":
        run(delete.replace("the-name-of-the-table", left[output]) + "true")
    tables = dynamodb.list_tables()["TableNames"]
    assert left["ReservationsTableName"] in tables
    assert left["InstanceOwnersTableName"] not in tables


def test_a_stop_blocks_every_call_and_a_start_restores_the_rate(aws, outputs, printed):
    def limits():
        stage = aws.client("apigateway").get_stage(restApiId=outputs["ApiId"], stageName="live")
        settings = stage["methodSettings"]["*/*"]
        return settings["throttlingRateLimit"], settings["throttlingBurstLimit"]

    assert limits() == (20, 20)  # The documented commands have stopped the API and started it.
    run(f"API={outputs['ApiId']}", documented("throttle() {"))
    assert limits() == (0, 0)


def test_the_stack_policy_protects_exactly_the_tables(aws, printed):
    body = aws.client("cloudformation").get_stack_policy(StackName="market-reserve")["StackPolicyBody"]
    allow, deny = json.loads(body)["Statement"]
    assert allow == {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
    assert (deny["Effect"], deny["Action"]) == ("Deny", ["Update:Replace", "Update:Delete"])
    tables = [name for name, r in stack.expanded()["Resources"].items() if r["Type"] == "AWS::DynamoDB::Table"]
    assert sorted(deny["Resource"]) == sorted(f"LogicalResourceId/{name}" for name in tables)


def test_a_deployment_without_questions_keeps_the_stacks_parameters():
    parameters = stack.source()["Parameters"]
    assert DeployContext.merge_parameters({"Parameters": parameters}, {}) == [
        {"ParameterKey": name, "UsePreviousValue": True} for name in parameters]
    command = documented("--resolve-s3")
    assert "--guided" not in command and "--parameter-overrides" not in command


def test_the_transcript_shows_every_parameter():
    asked = re.findall(r"Parameter (\w+) \[(.*?)\]: ?(.*)", DOCUMENT)
    parameters = stack.source()["Parameters"]
    assert [(name, default) for name, default, _ in asked] == [
        (name, str(parameter.get("Default", ""))) for name, parameter in parameters.items()]
    for name, _, answer in asked:
        assert re.search(parameters[name].get("AllowedPattern", ""), answer)
