"""What the template deploys, checked after SAM's own translator."""

import json
import re
import subprocess

import pytest
from samcli.commands.deploy.auth_utils import auth_per_resource
from samcli.lib.config.samconfig import DEFAULT_CONFIG_FILE_NAME
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

import stack

TEMPLATE = stack.expanded()
RESOURCES = TEMPLATE["Resources"]
SOURCE = stack.source()
LOGGING = stack.read("templates/account-logging.yaml")
DOMAIN = stack.read("templates/domain.yaml")

ALIAS = {"Ref": "ReserveFunctionAliaslive"}
LIVE_API = {"ApiName": {"Ref": "AWS::StackName"}, "Stage": "live"}

# Metrics and their dimensions:
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


def test_the_function_has_only_these_permissions():
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


def test_no_other_role_or_policy_is_created():
    assert set(of_type("AWS::IAM::Role")) == {
        "FunctionRole",
        "ReserveFunctionDailyWakeUpRole",
    }
    assert not of_type("AWS::IAM::Policy") and not of_type("AWS::IAM::ManagedPolicy")


def test_every_call_is_signed_and_only_the_function_validates_it():
    body = properties("Api")["Body"]
    scheme = body["components"]["securitySchemes"]["sigv4"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    for path in body["paths"].values():
        for method, operation in path.items():
            assert method == "post"
            assert operation["security"] == [{"sigv4": []}]
    assert "validat" not in json.dumps(body).lower()


def test_the_gateway_defines_only_responses_that_can_occur():
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
    assert "401" not in operation["responses"]
    # API Gateway does not let anybody customise these.
    for status in "413", "415":
        assert "headers" not in operation["responses"][status]


def test_each_gateway_error_code_has_one_meaning():
    """Callers retry after a timeout, but never after a refusal."""
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


def test_every_connection_has_at_least_tls_1_2():
    for front in properties("Api"), DOMAIN["Resources"]["Domain"]["Properties"]:
        assert front["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
        assert front["EndpointAccessMode"] == "STRICT"


def test_a_new_definition_replaces_the_old_one():
    """By default API Gateway merges them, and a removed path stays live."""
    assert properties("Api")["Mode"] == "overwrite"


def test_guided_deployment_does_not_ask_whether_the_api_may_be_open(tmp_path, monkeypatch):
    """`sam build` moves the template to where the CLI no longer finds openapi.yaml."""
    built = tmp_path / "template.yaml"
    built.write_text((stack.ROOT / "template.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    stacks, _ = SamLocalStackProvider.get_stacks(str(built), parameter_overrides=stack.PARAMETERS)
    assert auth_per_resource(stacks) == [("ReserveFunction", True)]


def test_the_settings_of_a_guided_deployment_stay_out_of_git():
    assert DEFAULT_CONFIG_FILE_NAME == "samconfig.toml"
    assert "/samconfig.toml" in (stack.ROOT / ".gitignore").read_text().splitlines()
    assert not git("ls-files", "samconfig.*")


# --- The function, and the alias everywhere


def test_the_gateway_calls_the_alias_for_the_functions_path():
    body = properties("Api")["Body"]
    (path,) = body["paths"]
    event = SOURCE["Resources"]["ReserveFunction"]["Properties"]["Events"]["Reserve"]
    assert path == event["Properties"]["Path"]
    integration = body["paths"][path]["post"]["x-amazon-apigateway-integration"]
    assert "/functions/${ReserveFunctionAliaslive}/invocations" in integration["uri"]["Fn::Sub"]


def test_only_the_alias_is_called():
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


def test_a_version_takes_over_as_soon_as_it_has_a_snapshot():
    assert "UpdatePolicy" not in RESOURCES[ALIAS["Ref"]]
    (name,) = of_type("AWS::Lambda::Version")
    assert properties(ALIAS["Ref"])["FunctionVersion"] == {"Fn::GetAtt": [name, "Version"]}


def version_of(template):
    (name,) = [n for n, r in template["Resources"].items() if r["Type"] == "AWS::Lambda::Version"]
    return name


def test_a_changed_architecture_publishes_no_version():
    """If SAM does it now (serverless-application-model#3820), remove the paragraph in docs/operating/deploy.md."""
    assert version_of(stack.expanded(Architecture="x86_64")) == version_of(TEMPLATE)


def test_a_changed_description_publishes_a_version():
    changed = stack.source()
    changed["Resources"]["ReserveFunction"]["Properties"]["Description"] += " Again."
    assert version_of(stack.expand(changed)) != version_of(TEMPLATE)


@pytest.mark.parametrize(
    "change",
    [
        {"Tags": {"team": "market"}},
        {"CodeUri": "s3://another/prefix/function.zip"},
        {"ReservedConcurrentExecutions": 5},
    ],
    ids=lambda change: "".join(change),
)
def test_sam_requests_a_version_even_for_a_change_outside_it(change):
    """Lambda then has nothing to publish. docs/operating/deploy.md says what to do."""
    changed = stack.source()
    changed["Resources"]["ReserveFunction"]["Properties"].update(change)
    assert version_of(stack.expand(changed)) != version_of(TEMPLATE)


def test_the_sdk_chooses_the_endpoint_unless_sam_local_sets_one():
    """An explicit endpoint conflicts with a FIPS or dual-stack setting; `sam local` overrides only named variables."""
    variables = properties("ReserveFunction")["Environment"]["Variables"]
    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == {"Ref": "AWS::NoValue"}
    override = json.loads((stack.ROOT / "src/tools/sam/env.json").read_text())["ReserveFunction"]
    local = EnvironmentVariables(variables=variables, override_values=override).resolve()
    assert local["AWS_ENDPOINT_URL_DYNAMODB"] == override["AWS_ENDPOINT_URL_DYNAMODB"]


# --- The tables


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_a_table_is_protected_from_loss_and_from_cost(name):
    table = RESOURCES[name]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert "SSESpecification" not in table["Properties"]  # It would mean KMS, which costs extra.
    recovery = table["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    maximum = {"Ref": "TableRequestsPerSecond"}
    assert table["Properties"]["OnDemandThroughput"] == {
        "MaxReadRequestUnits": maximum,
        "MaxWriteRequestUnits": maximum,
    }


def test_no_update_replaces_a_table():
    """A new logical id means a new, empty table. Only these properties replace a table, so they must never change."""
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


def test_every_log_has_its_retention_and_outlives_the_stack():
    logs = of_type("AWS::Logs::LogGroup")
    assert set(logs) == {"FunctionLog", "AccessLog"}
    for log in logs.values():
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert log["DeletionPolicy"] == log["UpdateReplacePolicy"] == "Retain"


def test_the_access_log_has_the_functions_request_id_and_one_that_callers_cannot_choose():
    setting = properties("ApiliveStage")["AccessLogSetting"]
    assert setting["DestinationArn"] == arn("AccessLog")
    fields = json.loads(setting["Format"])
    assert fields["request_id"] == "$context.requestId"
    assert fields["extended_request_id"] == "$context.extendedRequestId"
    assert fields["caller"] == "$context.identity.userArn"


def test_the_access_log_says_why_the_gateway_returned_a_5xx():
    fields = json.loads(properties("ApiliveStage")["AccessLogSetting"]["Format"])
    assert fields["function_status"] == "$context.integration.status"
    assert fields["integration_status"] == "$context.integration.integrationStatus"
    assert fields["integration_error"] == "$context.integration.error"
    assert fields["integration_request_id"] == "$context.integration.requestId"
    assert fields["trace_id"] == "$context.xrayTraceId"


def test_each_outcome_is_counted_once_and_only_for_authenticated_callers():
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


NAMESPACE = {"Fn::Sub": "MarketReserve/${AWS::StackName}"}


@pytest.mark.parametrize(
    "name, namespace, metric, metric_dimensions, statistic",
    [
        ("ServerErrors", "AWS/ApiGateway", "5XXError", LIVE_API, "Average"),
        ("SlowResponses", "AWS/ApiGateway", "Latency", LIVE_API, "p99"),
        ("UnregisteredInstances", NAMESPACE, "Refused", {"ErrorCode": "APIG.1136"}, "Sum"),
    ],
)
def test_every_alarm_watches_an_existing_metric(
    name, namespace, metric, metric_dimensions, statistic
):
    alarm = properties(name)
    assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    assert dimensions(alarm) == metric_dimensions
    assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic


def test_the_alarm_on_refusals_divides_existing_metrics():
    share, *watched = properties("RefusedCalls")["Metrics"]
    assert share == {"Id": "share", "Expression": "IF(calls >= 10, refused / calls, 0)"}
    for metric, name in zip(watched, ["Count", "4XXError"], strict=True):
        stat = metric["MetricStat"]
        assert (stat["Metric"]["Namespace"], stat["Metric"]["MetricName"]) == ("AWS/ApiGateway", name)
        assert dimensions(stat["Metric"]) == LIVE_API
        assert (stat["Stat"], stat["Period"]) == ("Sum", 24 * 60 * 60)
        assert metric["ReturnData"] is False
    assert [metric["Id"] for metric in watched] == ["calls", "refused"]


def minutes_until_it_fires(name, calls):
    """
    When the alarm on a share fires, as CloudWatch evaluates it: each minute, over the window that just ended.

    calls: for each call its minute, and 1 if it failed, else 0
    """
    alarm = properties(name)
    assert (alarm["Statistic"], alarm["EvaluationPeriods"]) == ("Average", 1)
    window = alarm["Period"] // 60
    for now in range(1, max(minute for minute, _ in calls) + window + 1):
        values = [failed for minute, failed in calls if now - window <= minute < now]
        if values and sum(values) / len(values) > alarm["Threshold"]:
            return now
    return None


DAY = 24 * 60


def test_one_failed_order_among_ten_calls_a_day_fires_within_minutes():
    day = [(minute, 0) for minute in range(0, DAY, DAY // 10)]
    order = [(500, 1)] * 5  # the attempts of a caller that follows docs/calling.md
    assert 500 < minutes_until_it_fires("ServerErrors", day + order) <= 505


def test_one_failed_call_among_a_hundred_thousand_does_not_fire():
    day = [(i * DAY // 100_000, 0) for i in range(99_999)]
    assert minutes_until_it_fires("ServerErrors", day + [(500, 1)]) is None


def test_an_outage_fires_however_many_calls_there_are():
    day = [(i * DAY // 100_000, int(i * DAY // 100_000 >= 700)) for i in range(100_000)]
    assert 700 < minutes_until_it_fires("ServerErrors", day) <= 705


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_clears_if_nothing_happens(name):
    """Alarms on AWS/DynamoDB metrics do not clear: they keep their state while data is missing."""
    assert properties(name).get("Namespace") != "AWS/DynamoDB"
    assert properties(name)["TreatMissingData"] == "notBreaching"


def test_the_alarms_use_the_gateways_name():
    assert properties("Api")["Name"] == LIVE_API["ApiName"]


def test_the_dashboard_shows_existing_metrics():
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
def test_every_alarm_links_to_the_runbook(name):
    page, _, anchor = properties(name)["AlarmDescription"].split()[-1].partition("#")
    headings = re.findall(r"^#+ (.+)$", (stack.ROOT / page).read_text(), re.MULTILINE)
    assert anchor in [h.lower().replace(" ", "-") for h in headings]
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert properties(name)["AlarmActions"] == properties(name)["OKActions"] == topic


# --- Resources that outlive the stack


def test_the_role_for_logs_outlives_its_stack():
    assert {r["Type"] for r in LOGGING["Resources"].values()} == {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
    for resource in LOGGING["Resources"].values():
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert not of_type("AWS::ApiGateway::Account")


def test_a_domain_name_points_to_the_stage_of_a_replaceable_api():
    resources = DOMAIN["Resources"]
    assert resources["Mapping"]["Properties"] == {
        "DomainName": {"Ref": "Domain"},
        "RestApiId": {"Ref": "ApiId"},
        "Stage": properties("ApiliveStage")["StageName"],
    }
    assert TEMPLATE["Outputs"]["ApiId"]["Value"] == {"Ref": "Api"}
    assert resources["Domain"]["Properties"]["RegionalCertificateArn"] == {"Ref": "Certificate"}
    assert not of_type("AWS::ApiGateway::DomainName")


def test_the_certificate_of_a_domain_name_renews_by_itself():
    assert DOMAIN["Resources"]["Certificate"]["Properties"]["ValidationMethod"] == "DNS"


# --- Two stacks in one account are independent


def test_no_resource_has_a_fixed_name():
    allowed = {
        "Api": {"Name": {"Ref": "AWS::StackName"}},
        "ApiliveStage": {"StageName": "live"},
        "ReserveFunctionAliaslive": {"Name": "live"},
    }
    for name, resource in RESOURCES.items():
        named = {
            key: value
            for key, value in resource.get("Properties", {}).items()
            if key.endswith("Name") and key != "MetricName"
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
    """In the source, the linter cannot see the included file."""
    expanded = tmp_path / "template.json"
    expanded.write_text(json.dumps(TEMPLATE))
    result = subprocess.run(["cfn-lint", expanded], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_function_gets_its_own_tables():
    variables = RESOURCES["ReserveFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["RESERVATIONS_TABLE"] == {"Ref": "ReservationsTable"}
    assert variables["INSTANCE_OWNERS_TABLE"] == {"Ref": "InstanceOwnersTable"}
