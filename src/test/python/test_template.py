"""What the template deploys, looked at after SAM's own translator."""

import json
import re
import subprocess

import pytest
from samtranslator.yaml_helper import yaml_parse

import stack

TEMPLATE = stack.expanded()
RESOURCES = TEMPLATE["Resources"]
SOURCE = stack.source()

IMAGE = "template-image.yaml"
ALIAS = {"Ref": "ReserveFunctionAliaslive"}
LIVE_API = {"ApiName": {"Ref": "AWS::StackName"}, "Stage": "live"}
LIVE_FUNCTION = {
    "FunctionName": {"Ref": "ReserveFunction"},
    "Resource": {"Fn::Sub": "${ReserveFunction}:live"},
}

# Metrics with the dimensions they come with:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
AWS_METRICS = {
    "AWS/ApiGateway": ({"5XXError", "4XXError", "Count", "Latency"}, {"ApiName", "Stage"}),
    "AWS/Lambda": (
        {"Errors", "Throttles", "Duration", "ConcurrentExecutions"},
        {"FunctionName", "Resource"},
    ),
    "AWS/DynamoDB": (
        {"SystemErrors", "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
        {"TableName", "Operation"},
    ),
}


def of_type(kind):
    return {name: r for name, r in RESOURCES.items() if r["Type"] == kind}


def properties(name):
    return RESOURCES[name]["Properties"]


def dimensions(metric):
    return {d["Name"]: d["Value"] for d in metric["Dimensions"]}


def arn(name):
    return {"Fn::GetAtt": [name, "Arn"]}


# --- Who may do what


def test_the_function_may_do_this_and_nothing_else():
    role = properties("FunctionRole")
    assert "ManagedPolicyArns" not in role
    assert properties("ReserveFunction")["Role"] == arn("FunctionRole")
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:GetItem"],
            "Resource": arn("ReservationsTable"),
        },
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn("InstanceOwnersTable")},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": arn("FunctionLog"),
        },
        {
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": "*",
        },
    ]


def test_no_other_role_and_policy_is_made():
    assert set(of_type("AWS::IAM::Role")) == {
        "FunctionRole",
        "ApiGatewayLoggingRole",
        "ReserveFunctionDailyWakeUpRole",
        "CodeDeployServiceRole",
    }
    assert not of_type("AWS::IAM::Policy") and not of_type("AWS::IAM::ManagedPolicy")


def test_only_the_listed_principals_may_call_and_only_from_the_listed_places():
    allow, deny = properties("Api")["Policy"]["Statement"]
    assert allow == {
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "CallerPrincipals"}},
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/live/POST/v1/*",
    }
    condition, elsewhere, otherwise = deny["Fn::If"]
    assert condition == "OnlyFromCallerCidrs" and otherwise == {"Ref": "AWS::NoValue"}
    assert elsewhere["Effect"] == "Deny" and elsewhere["Principal"] == "*"
    assert elsewhere["Condition"] == {"NotIpAddress": {"aws:SourceIp": {"Ref": "CallerCidrs"}}}
    assert "Default" not in TEMPLATE["Parameters"]["CallerPrincipals"]


@pytest.mark.parametrize(
    "principal, ok",
    [
        ("arn:aws:iam::111122223333:role/marketplace", True),
        ("arn:aws-cn:iam::111122223333:root", True),
        ("111122223333", True),
        ("*", False),
        ("arn:aws:iam::*:root", False),
    ],
)
def test_a_principal_is_somebody(principal, ok):
    pattern = TEMPLATE["Parameters"]["CallerPrincipals"]["AllowedPattern"]
    assert bool(re.search(pattern, principal)) == ok


def test_every_call_is_signed_and_checked():
    body = properties("Api")["Body"]
    scheme = body["components"]["securitySchemes"]["sigv4"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    for path in body["paths"].values():
        for method, operation in path.items():
            assert method == "post"
            assert operation["security"] == [{"sigv4": []}]
            validator = operation["x-amazon-apigateway-request-validator"]
            assert body["x-amazon-apigateway-request-validators"][validator] == {
                "validateRequestBody": True,
                "validateRequestParameters": True,
            }


# --- The function, and the alias everywhere


def test_the_gateway_calls_the_alias_of_the_path_that_the_function_names():
    body = properties("Api")["Body"]
    (path,) = body["paths"]
    event = SOURCE["Resources"]["ReserveFunction"]["Properties"]["Events"]["Reserve"]
    assert path == event["Properties"]["Path"]
    integration = body["paths"][path]["post"]["x-amazon-apigateway-integration"]
    assert "/functions/${ReserveFunctionAliaslive}/invocations" in integration["uri"]["Fn::Sub"]


def test_nothing_else_than_the_alias_is_called():
    for permission in of_type("AWS::Lambda::Permission").values():
        assert permission["Properties"]["FunctionName"] == ALIAS
    (schedule,) = of_type("AWS::Scheduler::Schedule").values()
    assert schedule["Properties"]["Target"]["Arn"] == ALIAS
    (statement,) = properties("ReserveFunctionDailyWakeUpRole")["Policies"][0]["PolicyDocument"][
        "Statement"
    ]
    assert statement["Action"] == "lambda:InvokeFunction" and statement["Resource"] == ALIAS
    assert TEMPLATE["Outputs"]["FunctionAlias"]["Value"] == ALIAS


def test_the_function_starts_from_a_snapshot_and_is_traced():
    function = properties("ReserveFunction")
    assert function["Runtime"] == "java25"
    assert function["Architectures"] == [{"Ref": "Architecture"}]
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": {"Ref": "FunctionLog"}}
    assert properties("ApiliveStage")["TracingEnabled"] is True


def test_a_deployment_is_a_canary_that_alarms_stop():
    (group,) = of_type("AWS::CodeDeploy::DeploymentGroup").values()
    alarms = group["Properties"]["AlarmConfiguration"]
    assert alarms["Enabled"]
    assert [a["Name"]["Ref"] for a in alarms["Alarms"]] == [
        "ServerErrors",
        "SlowAnswers",
        "FunctionErrors",
    ]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["Properties"]["AutoRollbackConfiguration"]["Events"]
    assert "CodeDeployLambdaAliasUpdate" in RESOURCES[ALIAS["Ref"]]["UpdatePolicy"]


def test_the_image_is_the_same_function_in_another_package():
    subprocess.run(["make", "--silent", "--always-make", IMAGE], cwd=stack.ROOT, check=True)
    image = yaml_parse((stack.ROOT / IMAGE).read_text())
    expected = yaml_parse((stack.ROOT / "template.yaml").read_text())
    function = expected["Resources"]["ReserveFunction"]
    del function["Metadata"]["BuildMethod"]
    function["Metadata"] |= {"Dockerfile": "Dockerfile", "DockerContext": "."}
    del function["Properties"]["CodeUri"]
    del function["Properties"]["Runtime"]
    del function["Properties"]["SnapStart"]
    handler = function["Properties"].pop("Handler")
    function["Properties"]["PackageType"] = "Image"
    assert image == expected
    (command,) = re.findall(r"^CMD (.*)$", (stack.ROOT / "Dockerfile").read_text(), re.M)
    assert json.loads(command) == [handler]


# --- The tables


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_a_table_is_protected_from_loss_and_from_cost(name):
    table = RESOURCES[name]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    recovery = table["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    maximum = {"Ref": "TableRequestsPerSecond"}
    assert table["Properties"]["OnDemandThroughput"] == {
        "MaxReadRequestUnits": maximum,
        "MaxWriteRequestUnits": maximum,
    }


def test_no_update_replaces_a_table():
    """Of a table's properties only these replace it, so they stay as they were first deployed."""
    keys = {
        name: (table["Properties"]["KeySchema"], table["Properties"]["AttributeDefinitions"])
        for name, table in of_type("AWS::DynamoDB::Table").items()
    }
    assert keys == {
        name: (
            [{"AttributeName": key, "KeyType": "HASH"}],
            [{"AttributeName": key, "AttributeType": "S"}],
        )
        for name, key in {
            "ReservationsTable": "group_id",
            "InstanceOwnersTable": "instance_id",
        }.items()
    }


# --- Logs, metrics and alarms


def test_every_log_is_kept_as_long_as_told():
    logs = of_type("AWS::Logs::LogGroup")
    assert set(logs) == {"FunctionLog", "AccessLog"}
    for log in logs.values():
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_has_the_request_id_of_the_function_log():
    setting = properties("ApiliveStage")["AccessLogSetting"]
    assert setting["DestinationArn"] == arn("AccessLog")
    assert '"request_id":"$context.requestId"' in setting["Format"]


def test_each_outcome_is_counted_once_and_the_daily_event_never():
    filters = {name: r["Properties"] for name, r in of_type("AWS::Logs::MetricFilter").items()}
    assert {name: f["FilterPattern"] for name, f in filters.items()} == {
        "Reserved": "{ $.replayed IS FALSE }",
        "Replayed": "{ $.replayed IS TRUE }",
        "Refused": '{ ($.error_code = "APIG.*") && ($.request_id != "daily-wake-up") }',
    }
    for name, metric_filter in filters.items():
        (metric,) = metric_filter["MetricTransformations"]
        assert metric_filter["LogGroupName"] == {"Ref": "FunctionLog"}
        assert metric["MetricName"] == name
        assert metric["MetricNamespace"] == {"Fn::Sub": "MarketReserve/${AWS::StackName}"}
    schedule = properties("ReserveFunctionDailyWakeUp")
    assert '"requestId": "daily-wake-up"' in schedule["Target"]["Input"]


@pytest.mark.parametrize(
    "name, namespace, metric, metric_dimensions, statistic",
    [
        ("ServerErrors", "AWS/ApiGateway", "5XXError", LIVE_API, "Average"),
        ("SlowAnswers", "AWS/ApiGateway", "Latency", LIVE_API, "p99"),
        ("FunctionErrors", "AWS/Lambda", "Errors", LIVE_FUNCTION, "Sum"),
        ("FunctionThrottles", "AWS/Lambda", "Throttles", LIVE_FUNCTION, "Sum"),
        (
            "TableThrottles",
            {"Fn::Sub": "MarketReserve/${AWS::StackName}"},
            "Refused",
            {"ErrorCode": "APIG.9008"},
            "Sum",
        ),
    ],
)
def test_an_alarm_watches_a_metric_that_there_is(
    name, namespace, metric, metric_dimensions, statistic
):
    alarm = properties(name)
    assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    assert dimensions(alarm) == metric_dimensions
    assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic


def test_the_alarm_for_the_tables_adds_up_each_operation_of_the_function():
    metrics = [m["MetricStat"] for m in properties("TableErrors")["Metrics"] if "MetricStat" in m]
    assert all(
        (m["Metric"]["Namespace"], m["Metric"]["MetricName"], m["Stat"])
        == ("AWS/DynamoDB", "SystemErrors", "Sum")
        for m in metrics
    )
    assert [dimensions(m["Metric"]) for m in metrics] == [
        {"TableName": {"Ref": "ReservationsTable"}, "Operation": "PutItem"},
        {"TableName": {"Ref": "ReservationsTable"}, "Operation": "GetItem"},
        {"TableName": {"Ref": "InstanceOwnersTable"}, "Operation": "GetItem"},
    ]


def test_the_gateway_has_the_name_that_its_alarms_watch():
    assert properties("Api")["Name"] == LIVE_API["ApiName"]


def test_the_dashboard_shows_metrics_that_there_are():
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    shown = re.findall(r'\["(AWS/\w+)", "(\w+)", "(\w+)", "[^"]+"(?:, "(\w+)", "[^"]+")?', body)
    assert len(shown) == 11
    for namespace, metric, *names in shown:
        known, known_dimensions = AWS_METRICS[namespace]
        assert metric in known
        assert {n for n in names if n} <= known_dimensions
    for alarm in of_type("AWS::CloudWatch::Alarm"):
        assert "${%s.Arn}" % alarm in body


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_says_where_to_read_what_to_do(name):
    description = properties(name)["AlarmDescription"]["Fn::Sub"]
    (anchor,) = re.findall(r"\$\{RunbookUrl\}#([a-z-]+)$", description)
    headings = re.findall(
        r"^#+ (.+)$", (stack.ROOT / "docs/operations.md").read_text(), re.MULTILINE
    )
    assert anchor in [h.lower().replace(" ", "-") for h in headings]
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert properties(name)["AlarmActions"] == properties(name)["OKActions"] == topic


# --- Two stacks in one account do not meet


def test_no_resource_has_a_name_of_its_own():
    allowed = {
        "Api": {"Name": {"Ref": "AWS::StackName"}},
        "ApiliveStage": {"StageName": "live"},
        "ReserveFunctionAliaslive": {"Name": "live"},
    }
    for name, resource in RESOURCES.items():
        named = {
            key: value
            for key, value in resource.get("Properties", {}).items()
            if key.endswith("Name") and key not in {"MetricName", "DeploymentConfigName"}
        }
        references = {
            key: value
            for key, value in named.items()
            if isinstance(value, dict) and value.get("Ref") in RESOURCES
        }
        assert named == {**references, **allowed.get(name, {})}, name


def test_there_is_one_stage():
    assert list(of_type("AWS::ApiGateway::Stage")) == ["ApiliveStage"]
    for deployment in of_type("AWS::ApiGateway::Deployment").values():
        assert "StageName" not in deployment["Properties"]


def references(node):
    """The logical names that a part of the template refers to."""
    if isinstance(node, list):
        for element in node:
            yield from references(element)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0] if isinstance(value, list) else value.split(".")[0]
            elif key == "Fn::Sub":
                text, own = (value, {}) if isinstance(value, str) else value
                names = {name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)}
                yield from names - own.keys()
                yield from references(own)
            else:
                yield from references(value)


def test_every_reference_names_something():
    """The linters do not check it in a template that includes another file."""
    known = RESOURCES.keys() | TEMPLATE["Parameters"].keys()
    for section in ("Conditions", "Resources", "Outputs"):
        unknown = {name for name in references(TEMPLATE[section]) if not name.startswith("AWS::")}
        assert unknown <= known


def test_the_function_is_told_its_own_tables():
    variables = RESOURCES["ReserveFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["RESERVATIONS_TABLE"] == {"Ref": "ReservationsTable"}
    assert variables["INSTANCE_OWNERS_TABLE"] == {"Ref": "InstanceOwnersTable"}
