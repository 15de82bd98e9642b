"""What the template deploys, looked at after SAM's own translator."""

import json
import re
import subprocess

import pytest
from samcli.commands.deploy.auth_utils import auth_per_resource
from samcli.lib.config.samconfig import DEFAULT_CONFIG_FILE_NAME
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

import stack

TEMPLATE = stack.expanded()
RESOURCES = TEMPLATE["Resources"]
SOURCE = stack.source()

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
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
        {"TableName"},
    ),
}


def of_type(kind):
    return {name: r for name, r in RESOURCES.items() if r["Type"] == kind}


def properties(name):
    return RESOURCES[name]["Properties"]


def dimensions(metric):
    return {d["Name"]: d["Value"] for d in metric["Dimensions"]}


def git(*arguments):
    command = ["git", "-C", stack.ROOT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


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
        "PreTrafficCheckRole",
        "ReserveFunctionDailyWakeUpRole",
        "CodeDeployServiceRole",
    }
    assert not of_type("AWS::IAM::Policy") and not of_type("AWS::IAM::ManagedPolicy")


def test_the_check_of_a_version_may_do_this_and_nothing_else():
    role = properties("PreTrafficCheckRole")
    assert "ManagedPolicyArns" not in role
    assert properties("PreTrafficCheck")["Role"] == arn("PreTrafficCheckRole")
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": {"Fn::Sub": "${ReserveFunction.Arn}:*"},
        },
        {
            "Effect": "Allow",
            "Action": "codedeploy:PutLifecycleEventHookExecutionStatus",
            "Resource": {
                "Fn::Sub": "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}"
                ":deploymentgroup:${ServerlessDeploymentApplication}/*"
            },
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": arn("FunctionLog"),
        },
    ]


def test_every_call_is_signed_and_the_function_alone_judges_it():
    body = properties("Api")["Body"]
    scheme = body["components"]["securitySchemes"]["sigv4"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    for path in body["paths"].values():
        for method, operation in path.items():
            assert method == "post"
            assert operation["security"] == [{"sigv4": []}]
    assert "validat" not in json.dumps(body).lower()


def test_the_gateway_answers_nothing_that_cannot_be():
    body = properties("Api")["Body"]
    assert set(body["x-amazon-apigateway-gateway-responses"]) == {
        "MISSING_AUTHENTICATION_TOKEN",
        "INVALID_SIGNATURE",
        "EXPIRED_TOKEN",
        "ACCESS_DENIED",
        "RESOURCE_NOT_FOUND",
        "THROTTLED",
        "INTEGRATION_TIMEOUT",
        "INTEGRATION_FAILURE",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
    }
    (operation,) = [o for path in body["paths"].values() for o in path.values()]
    assert {"401", "415"}.isdisjoint(operation["responses"])
    assert list(operation["responses"]["413"]) == ["description"]


def test_a_code_of_the_gateway_means_one_thing():
    """Callers retry after a time-out, and never after a refusal."""
    responses = properties("Api")["Body"]["x-amazon-apigateway-gateway-responses"]
    codes = {}
    for kind, response in responses.items():
        body = json.loads(response["responseTemplates"]["application/json"])
        codes.setdefault(body["error_code"], set()).add(kind)
    assert codes == {
        "APIG.0101": {"RESOURCE_NOT_FOUND"},
        "APIG.0201": {"INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE"},
        "APIG.0301": {"MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN"},
        "APIG.0302": {"ACCESS_DENIED"},
        "APIG.0308": {"THROTTLED"},
        "APIG.0601": {"DEFAULT_5XX"},
        "APIG.0602": {"DEFAULT_4XX"},
    }


def test_no_connection_has_less_than_tls_1_2():
    for name in "Api", "ApiDomainName":
        assert properties(name)["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
        assert properties(name)["EndpointAccessMode"] == "STRICT"


def test_a_domain_name_of_ones_own_leads_to_the_stage_and_is_made_only_where_there_is_one():
    for name in "ApiDomainName", "ApiMapping":
        assert RESOURCES[name]["Condition"] == "HasDomainName"
    assert TEMPLATE["Parameters"]["DomainName"]["Default"] == ""
    domain = properties("ApiDomainName")
    assert domain["DomainName"] == {"Ref": "DomainName"}
    assert domain["RegionalCertificateArn"] == {"Ref": "CertificateArn"}
    assert properties("ApiMapping") == {
        "DomainName": {"Ref": "ApiDomainName"},
        "RestApiId": {"Ref": "Api"},
        "Stage": {"Ref": "ApiliveStage"},
    }


def test_guided_deployment_does_not_ask_whether_the_api_may_be_open(tmp_path, monkeypatch):
    """`sam build` moves the template to where the CLI no longer finds openapi.yaml."""
    built = tmp_path / "template.yaml"
    built.write_text((stack.ROOT / "template.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    stacks, _ = SamLocalStackProvider.get_stacks(str(built), parameter_overrides=stack.PARAMETERS)
    assert auth_per_resource(stacks) == [("ReserveFunction", True)]


def test_the_answers_of_a_guided_deployment_stay_out_of_git():
    assert DEFAULT_CONFIG_FILE_NAME == "samconfig.toml"
    assert "/samconfig.toml" in (stack.ROOT / ".gitignore").read_text().splitlines()
    assert not git("ls-files", "samconfig.*")


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


def test_a_version_takes_over_at_once_and_no_alarm_can_block_it():
    (group,) = of_type("AWS::CodeDeploy::DeploymentGroup").values()
    assert deployment(group) == "AllAtOnce"
    condition, _, otherwise = group["Properties"]["AlarmConfiguration"]["Fn::If"]
    assert condition == "RollsOutByCanary" and otherwise == {}
    assert TEMPLATE["Conditions"]["RollsOutByCanary"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "Rollout"}, "AllAtOnce"]}]
    }
    assert "CodeDeployLambdaAliasUpdate" in RESOURCES[ALIAS["Ref"]]["UpdatePolicy"]


def test_a_canary_is_stopped_by_alarms_and_lasts_longer_than_they_need():
    (name,) = [v for v in TEMPLATE["Parameters"]["Rollout"]["AllowedValues"] if v != "AllAtOnce"]
    resources = stack.expanded(Rollout=name)["Resources"]
    group = resources["ReserveFunctionDeploymentGroup"]
    assert deployment(group) == name
    alarms = group["Properties"]["AlarmConfiguration"]["Fn::If"][1]
    assert alarms["Enabled"]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["Properties"]["AutoRollbackConfiguration"]["Events"]
    (minutes,) = re.findall(r"(\d+)Minutes$", name)
    for alarm in alarms["Alarms"]:
        watched = properties(alarm["Name"]["Ref"])
        assert watched["Period"] * watched["EvaluationPeriods"] <= int(minutes) * 60 / 2


def deployment(group):
    (prefix, values) = group["Properties"]["DeploymentConfigName"]["Fn::Sub"]
    assert prefix == "CodeDeployDefault.Lambda${ConfigName}"
    return values["ConfigName"]


def version_of(template):
    (name,) = [n for n, r in template["Resources"].items() if r["Type"] == "AWS::Lambda::Version"]
    return name


def test_a_changed_architecture_publishes_no_version():
    """If SAM does now (serverless-application-model#3820), docs/operations.md has a paragraph less."""
    assert version_of(stack.expanded(Architecture="x86_64")) == version_of(TEMPLATE)


def test_a_changed_description_publishes_a_version():
    changed = stack.source()
    changed["Resources"]["ReserveFunction"]["Properties"]["Description"] += " Again."
    assert version_of(stack.expand(changed)) != version_of(TEMPLATE)


# --- The tables


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_a_table_is_protected_from_loss_and_from_cost(name):
    table = RESOURCES[name]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert "SSESpecification" not in table["Properties"]  # which would be KMS, at a price
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


def test_every_log_is_kept_as_long_as_told_and_outlives_the_stack():
    logs = of_type("AWS::Logs::LogGroup")
    assert set(logs) == {"FunctionLog", "AccessLog"}
    for log in logs.values():
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert log["DeletionPolicy"] == log["UpdateReplacePolicy"] == "Retain"


def test_the_access_log_has_the_request_id_of_the_function_log_and_one_that_no_caller_chooses():
    setting = properties("ApiliveStage")["AccessLogSetting"]
    assert setting["DestinationArn"] == arn("AccessLog")
    fields = json.loads(setting["Format"])
    assert fields["request_id"] == "$context.requestId"
    assert fields["extended_request_id"] == "$context.extendedRequestId"
    assert fields["caller"] == "$context.identity.userArn"


def test_each_outcome_is_counted_once_and_only_for_a_caller_that_the_gateway_knows():
    filters = {name: r["Properties"] for name, r in of_type("AWS::Logs::MetricFilter").items()}
    assert {name: f["FilterPattern"] for name, f in filters.items()} == {
        "Reserved": "{ $.replayed IS FALSE }",
        "Replayed": "{ $.replayed IS TRUE }",
        "Refused": '{ ($.error_code = "APIG.*") && ($.caller = "arn:*") }',
    }
    for name, metric_filter in filters.items():
        (metric,) = metric_filter["MetricTransformations"]
        assert metric_filter["LogGroupName"] == {"Ref": "FunctionLog"}
        assert metric["MetricName"] == name
        assert metric["MetricNamespace"] == {"Fn::Sub": "MarketReserve/${AWS::StackName}"}
    assert properties("ReserveFunctionDailyWakeUp")["Target"]["Input"] == "{}"
    assert "userArn" not in properties("PreTrafficCheck")["Environment"]["Variables"]["EVENT"]


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
        (
            "SystemErrors",
            {"Fn::Sub": "MarketReserve/${AWS::StackName}"},
            "Refused",
            {"ErrorCode": "APIG.9999"},
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


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_goes_out_where_nothing_happens(name):
    """Alarms of AWS/DynamoDB do not: they keep their state where data is missing."""
    assert properties(name)["Namespace"] != "AWS/DynamoDB"
    assert properties(name)["TreatMissingData"] == "notBreaching"


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
        "ApiDomainName": {"DomainName": {"Ref": "DomainName"}},
        "PreTrafficCheck": {"FunctionName": properties("PreTrafficCheck")["FunctionName"]},
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


def test_the_linter_finds_nothing_in_the_expanded_template(tmp_path):
    """In the source it cannot look past the included file."""
    expanded = tmp_path / "template.json"
    expanded.write_text(json.dumps(TEMPLATE))
    result = subprocess.run(["cfn-lint", expanded], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_function_is_told_its_own_tables():
    variables = RESOURCES["ReserveFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["RESERVATIONS_TABLE"] == {"Ref": "ReservationsTable"}
    assert variables["INSTANCE_OWNERS_TABLE"] == {"Ref": "InstanceOwnersTable"}
