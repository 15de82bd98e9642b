"""What the template deploys, checked after SAM's own translator."""

import json
import re
import subprocess

import pytest
from samcli.commands.deploy.auth_utils import auth_per_resource
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

import stack

TEMPLATE = stack.expanded()
RESOURCES = TEMPLATE["Resources"]
SOURCE = stack.source()
LOGGING = stack.read("templates/account-logging.yaml")
DOMAIN = stack.read("templates/domain.yaml")

ALIAS = {"Ref": "ReserveFunctionAliaslive"}

# Metrics and their dimensions:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
METRICS = {
    "AWS/ApiGateway": ({"5XXError", "4XXError", "Count", "Latency"}, {"ApiName", "Stage"}),
    "AWS/Lambda": ({"Errors", "Throttles", "Duration", "ConcurrentExecutions"}, {"FunctionName", "Resource"}),
    "AWS/DynamoDB": ({"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}, {"TableName"}),
    "MarketReserve/${AWS::StackName}": ({"Refused"}, {"ErrorCode"}),
}


def of_type(*kinds):
    return {name: r for name, r in RESOURCES.items() if r["Type"] in kinds}


ALARMS = of_type("AWS::CloudWatch::Alarm")


def properties(name):
    return RESOURCES[name]["Properties"]


def arn(name):
    return {"Fn::GetAtt": [name, "Arn"]}


# Settings whose absence neither a linter nor another test would notice.
SETTINGS = {
    "Api": {"Mode": "overwrite"},
    "ReserveFunction": {
        "Architectures": [{"Ref": "Architecture"}],
        "Role": arn("FunctionRole"),
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": "FunctionLog"}},
    },
    **{
        table: {
            # A change to either of these replaces the table, and so does a new logical id.
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "OnDemandThroughput": {
                "MaxReadRequestUnits": {"Ref": "TableRequestsPerSecond"},
                "MaxWriteRequestUnits": {"Ref": "TableRequestsPerSecond"},
            },
        }
        for table, key in {"ReservationsTable": "group_id", "InstanceOwnersTable": "instance_id"}.items()
    },
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_resource_has_its_settings(name):
    assert properties(name) | SETTINGS[name] == properties(name)


def test_tables_and_logs_outlive_the_stack():
    kept = of_type("AWS::DynamoDB::Table", "AWS::Logs::LogGroup")
    assert set(kept) == {"ReservationsTable", "InstanceOwnersTable", "FunctionLog", "AccessLog"}
    for resource in [*kept.values(), *LOGGING["Resources"].values()]:
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


# --- Who may do what


def test_the_function_has_only_these_permissions():
    assert set(of_type("AWS::IAM::Role")) == {"FunctionRole", "ReserveFunctionDailyWakeUpRole"}
    assert not of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    role = properties("FunctionRole")
    assert "ManagedPolicyArns" not in role
    (policy,) = role["Policies"]
    assert [(s["Action"], s["Resource"]) for s in policy["PolicyDocument"]["Statement"]] == [
        (["dynamodb:PutItem", "dynamodb:GetItem"], arn("ReservationsTable")),
        ("dynamodb:GetItem", arn("InstanceOwnersTable")),
        (["logs:CreateLogStream", "logs:PutLogEvents"], arn("FunctionLog")),
        (["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
    ]


def test_every_call_is_signed_and_only_the_function_validates_it():
    body = properties("Api")["Body"]
    scheme = body["components"]["securitySchemes"]["sigv4"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    for path in body["paths"].values():
        for method, operation in path.items():
            assert method == "post"
            assert operation["security"] == [{"sigv4": []}]
    assert "validat" not in json.dumps(body).lower()


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


def test_guided_deployment_does_not_ask_whether_the_api_may_be_open(tmp_path, monkeypatch):
    """`sam build` moves the template to where the CLI no longer finds openapi.yaml."""
    built = tmp_path / "template.yaml"
    built.write_text((stack.ROOT / "template.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    stacks, _ = SamLocalStackProvider.get_stacks(str(built), parameter_overrides=stack.PARAMETERS)
    assert auth_per_resource(stacks) == [("ReserveFunction", True)]


# --- The function, and the alias everywhere


def test_only_the_alias_is_called():
    ((path, operations),) = properties("Api")["Body"]["paths"].items()
    assert path == SOURCE["Resources"]["ReserveFunction"]["Properties"]["Events"]["Reserve"]["Properties"]["Path"]
    integration = operations["post"]["x-amazon-apigateway-integration"]
    assert "/functions/${ReserveFunctionAliaslive}/invocations" in integration["uri"]["Fn::Sub"]
    for permission in of_type("AWS::Lambda::Permission").values():
        assert permission["Properties"]["FunctionName"] == ALIAS
    assert properties("ReserveFunctionDailyWakeUp")["Target"]["Arn"] == ALIAS
    (policy,) = properties("ReserveFunctionDailyWakeUpRole")["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", ALIAS)
    assert TEMPLATE["Outputs"]["FunctionAlias"]["Value"] == ALIAS


@pytest.mark.parametrize("change, parameters, publishes", [
    ({"Description": "Again."}, {}, True),
    # docs/operating/deploy.md says what to do about these.
    ({"Tags": {"team": "market"}}, {}, True),
    ({}, {"Architecture": "x86_64"}, False),
])
def test_only_some_changes_publish_a_version(change, parameters, publishes):
    changed = stack.source()
    changed["Resources"]["ReserveFunction"]["Properties"].update(change)
    resources = stack.expand(changed, **parameters)["Resources"]
    (version,) = of_type("AWS::Lambda::Version")
    assert (version not in resources) is publishes


def test_the_function_gets_its_tables_and_only_sam_local_sets_an_endpoint():
    """An explicit endpoint conflicts with a FIPS or dual-stack setting; `sam local` overrides only named variables."""
    variables = properties("ReserveFunction")["Environment"]["Variables"]
    assert variables["RESERVATIONS_TABLE"] == {"Ref": "ReservationsTable"}
    assert variables["INSTANCE_OWNERS_TABLE"] == {"Ref": "InstanceOwnersTable"}
    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == {"Ref": "AWS::NoValue"}
    override = json.loads((stack.ROOT / "src/tools/sam/env.json").read_text())["ReserveFunction"]
    local = EnvironmentVariables(variables=variables, override_values=override).resolve()
    assert local["AWS_ENDPOINT_URL_DYNAMODB"] == override["AWS_ENDPOINT_URL_DYNAMODB"]


# --- Logs, metrics and alarms


def test_the_access_log_has_ids_the_caller_and_the_reason_for_a_5xx():
    setting = properties("ApiliveStage")["AccessLogSetting"]
    assert setting["DestinationArn"] == arn("AccessLog")
    fields = json.loads(setting["Format"])
    assert fields["extended_request_id"] == "$context.extendedRequestId"  # Callers cannot choose it.
    assert {"request_id", "caller", "function_status", "integration_status", "integration_error"} <= fields.keys()


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
        assert (metric["MetricName"], metric["MetricNamespace"]["Fn::Sub"]) == (name, "MarketReserve/${AWS::StackName}")


def metrics_of(alarm):
    """The metrics that an alarm watches, each with its namespace and dimensions."""
    for metric in [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]:
        namespace = metric["Namespace"]
        dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
        yield namespace if isinstance(namespace, str) else namespace["Fn::Sub"], metric["MetricName"], dimensions


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_existing_metrics_clears_by_itself_and_links_to_the_runbook(name):
    alarm = properties(name)
    for namespace, metric, dimensions in metrics_of(alarm):
        assert metric in METRICS[namespace][0]
        # Not AWS/DynamoDB: alarms on its metrics keep their state while data is missing.
        assert dimensions == {
            "AWS/ApiGateway": {"ApiName": properties("Api")["Name"], "Stage": properties("ApiliveStage")["StageName"]},
            "MarketReserve/${AWS::StackName}": {"ErrorCode": "APIG.1136"},
        }[namespace]
    assert alarm["TreatMissingData"] == "notBreaching"

    page, _, anchor = alarm["AlarmDescription"].split()[-1].partition("#")
    headings = re.findall(r"^#+ (.+)$", (stack.ROOT / page).read_text(), re.MULTILINE)
    assert anchor in [h.lower().replace(" ", "-") for h in headings]
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert alarm["AlarmActions"] == alarm["OKActions"] == topic


DAY = 24 * 60
FEW = {minute: 1 for minute in range(0, DAY, DAY // 10)}
MANY = dict.fromkeys(range(DAY), 100_000 // DAY)


@pytest.mark.parametrize("calls, failures, start", [
    (FEW | {500: 5}, {500: 5}, 500),  # the attempts of a caller that follows docs/calling.md
    (MANY, {500: 1}, None),
    (MANY, {minute: MANY[minute] for minute in range(700, DAY)}, 700),
], ids=["an order among ten calls", "a call among a hundred thousand", "an outage"])
def test_failed_orders_and_outages_fire_within_minutes_but_one_call_among_many_does_not(calls, failures, start):
    """
    CloudWatch evaluates the alarm each minute, over the window that just ended.

    calls, failures: how many in which minute
    """
    alarm = properties("ServerErrors")
    assert (alarm["MetricName"], alarm["Statistic"], alarm["EvaluationPeriods"]) == ("5XXError", "Average", 1)

    def fires(now):
        window = range(now - alarm["Period"] // 60, now)
        total, failed = (sum(counts.get(minute, 0) for minute in window) for counts in (calls, failures))
        return failed > alarm["Threshold"] * total

    fired = next(filter(fires, range(DAY)), None)
    assert fired is None if start is None else start < fired <= start + 5


def test_the_dashboard_shows_existing_metrics_and_every_alarm():
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    shown = re.findall(r'\["(AWS/\w+)", "(\w+)", "(\w+)", "[^"]+"(?:, "(\w+)", "[^"]+")?', body)
    assert len(shown) == 11
    for namespace, metric, *names in shown:
        metrics, dimensions = METRICS[namespace]
        assert metric in metrics and {n for n in names if n} <= dimensions
    for alarm in ALARMS:
        assert "${%s.Arn}" % alarm in body


# --- Other stacks


def test_a_domain_name_points_to_the_stage_of_a_replaceable_api():
    resources = DOMAIN["Resources"]
    assert resources["Mapping"]["Properties"] == {
        "DomainName": {"Ref": "Domain"},
        "RestApiId": {"Ref": "ApiId"},
        "Stage": properties("ApiliveStage")["StageName"],
    }
    assert TEMPLATE["Outputs"]["ApiId"]["Value"] == {"Ref": "Api"}
    domain = resources["Domain"]["Properties"]
    assert domain["RegionalCertificateArn"] == {"Ref": "Certificate"}
    for setting in "SecurityPolicy", "EndpointAccessMode":
        assert domain[setting] == properties("Api")[setting]
    assert resources["Certificate"]["Properties"]["ValidationMethod"] == "DNS"  # So it renews by itself.


def test_no_resource_has_a_fixed_name():
    """Two stacks in one account are independent."""
    allowed = {"ApiliveStage": "live", "ReserveFunctionAliaslive": "live"}
    for resource, r in RESOURCES.items():
        for key, value in r["Properties"].items():
            if key.endswith("Name") and key != "MetricName":
                reference = value.get("Ref") if isinstance(value, dict) else None
                assert reference in {*RESOURCES, "AWS::StackName"} or value == allowed.get(resource), resource


def test_there_is_one_stage():
    assert list(of_type("AWS::ApiGateway::Stage")) == ["ApiliveStage"]


def test_the_linter_finds_nothing_in_the_expanded_template(tmp_path):
    """In the source, the linter cannot see the included file."""
    expanded = tmp_path / "template.json"
    expanded.write_text(json.dumps(TEMPLATE))
    result = subprocess.run(["cfn-lint", expanded], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
