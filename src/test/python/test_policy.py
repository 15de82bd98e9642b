"""Who may call the API and who may write to a table: the resource policies, evaluated as IAM does.

No maintained library evaluates resource policies: moto's evaluator supports conditions only in trust policies. The part of
IAM that these policies need is short:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import ipaddress
import re
from fnmatch import fnmatchcase

import pytest

import stack

TEMPLATE = stack.expanded()
POLICY = TEMPLATE["Resources"]["Api"]["Properties"]["Policy"]["Statement"]
RESERVE = "execute-api:/live/POST/v1/project/apigw/instances/instance/market/api-groups/reserve"

OPERATOR = "999988887777"  # The account of the stack.
MARKETPLACE = "111122223333"
LISTED_ROLE = f"arn:aws:iam::{MARKETPLACE}:role/market/place"
LISTED_ROLE_OF_THE_OPERATOR = f"arn:aws:iam::{OPERATOR}:role/marketplace"
LISTED_ACCOUNT = "444455556666"
LIST = [LISTED_ROLE, LISTED_ROLE_OF_THE_OPERATOR, LISTED_ACCOUNT]


def resolved(node, parameters):
    """A part of the policy with parameters and conditions resolved, as CloudFormation does."""
    if isinstance(node, list):
        values = [resolved(element, parameters) for element in node]
        return [value for value in values if value != {"Ref": "AWS::NoValue"}]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"Ref"}:
        return parameters.get(node["Ref"], node)
    if node.keys() == {"Fn::If"}:
        condition, then, otherwise = node["Fn::If"]
        listed = {"OnlyFromCallerCidrs": "CallerCidrs", "OnlyOperatorsWrite": "OperatorPrincipals"}[condition]
        return resolved(then if parameters[listed] != [""] else otherwise, parameters)
    if node.keys() == {"Fn::Sub"}:
        return re.sub(r"\$\{(.+?)\}", lambda name: parameters[name[1]], node["Fn::Sub"])
    return {key: resolved(value, parameters) for key, value in node.items()}


def string_not_equals(actual, expected):
    return actual is None or actual not in expected


def not_ip_address(actual, expected):
    address = ipaddress.ip_address(actual)
    return not any(address in ipaddress.ip_network(network) for network in expected)


def arn_not_like(actual, expected):
    parts, patterns = actual.split(":"), expected.split(":")
    return len(parts) != len(patterns) or not all(map(fnmatchcase, parts, patterns))


OPERATORS = {"StringNotEquals": string_not_equals, "NotIpAddress": not_ip_address, "ArnNotLike": arn_not_like}


def all_true(condition, context):
    return all(
        OPERATORS[operator](context.get(key), values)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def applies(statement, resource, context):
    """Whether a statement's resource matches a call and all its conditions are true."""
    assert statement["Action"] == "execute-api:Invoke"
    return fnmatchcase(resource, statement["Resource"]) and all_true(statement.get("Condition", {}), context)


def lets_in(principal, identity_policy_allows, address="192.0.2.1", resource=RESERVE, cidrs=("",)):
    """Whether a role may call. An explicit deny wins; otherwise its account decides which policies must allow it."""
    account = principal.split(":")[4] if principal else None
    context = {"aws:PrincipalArn": principal, "aws:PrincipalAccount": account, "aws:SourceIp": address}
    statements = resolved(POLICY, {"CallerPrincipals": LIST, "CallerCidrs": list(cidrs)})
    if any(s["Effect"] == "Deny" and applies(s, resource, context) for s in statements):
        return False
    allowed = {
        entry
        for s in statements
        if s["Effect"] == "Allow" and applies(s, resource, context)
        for entry in s["Principal"]["AWS"]
        if entry in (principal, account)
    }
    if account == OPERATOR:
        # A listed account's administrators decide for its roles. A listed role needs nothing else.
        return principal in allowed or identity_policy_allows
    return bool(allowed) and identity_policy_allows


@pytest.mark.parametrize("principal, identity_policy_allows, expected", [
    (LISTED_ROLE, True, True),
    (LISTED_ROLE, False, False),
    (LISTED_ROLE_OF_THE_OPERATOR, False, True),
    (f"arn:aws:iam::{OPERATOR}:role/administrator", True, False),
    (f"arn:aws:iam::{OPERATOR}:user/curious", True, False),
    (f"arn:aws:iam::{OPERATOR}:role/marketplace2", True, False),
    (f"arn:aws:iam::{MARKETPLACE}:role/place", True, False),
    (f"arn:aws:iam::{LISTED_ACCOUNT}:role/any", True, True),
    (f"arn:aws:iam::{LISTED_ACCOUNT}:role/any", False, False),
    ("arn:aws:iam::777766665555:role/marketplace", True, False),
    (None, True, False),
])
def test_only_listed_principals_may_call(principal, identity_policy_allows, expected):
    assert lets_in(principal, identity_policy_allows) is expected


@pytest.mark.parametrize("address, expected", [
    ("192.0.2.1", True), ("198.51.100.255", True), ("203.0.113.1", False), ("2001:db8::1", False),
])
def test_another_network_is_denied_even_for_listed_principals(address, expected):
    cidrs = "192.0.2.0/24", "198.51.100.0/24"
    assert lets_in(LISTED_ROLE, True, address=address, cidrs=cidrs) is expected


def test_a_caller_from_another_account_reaches_only_post_under_v1():
    for resource in "execute-api:/live/GET/v1/x", "execute-api:/live/POST/other":
        assert not lets_in(LISTED_ROLE, True, resource=resource)


@pytest.mark.parametrize("principal, ok", [
    ("arn:aws:iam::111122223333:role/marketplace", True),
    ("arn:aws-cn:iam::111122223333:user/division/market@place", True),
    ("111122223333", True),
    ("*", False),
    ("11112222333", False),
    ("arn:aws:iam::111122223333:role/*", False),
    ("arn:aws:iam::111122223333:role/market?lace", False),
    ("arn:aws:iam::*:role/marketplace", False),
    ("arn:aws:iam::111122223333:root", False),  # The account id has the same meaning.
    ("arn:aws:iam::111122223333:group/marketplace", False),
    ("arn:aws:sts::111122223333:assumed-role/marketplace/callback", False),
])
def test_a_principal_is_an_account_a_role_or_a_user(principal, ok):
    parameter = TEMPLATE["Parameters"]["CallerPrincipals"]
    assert "Default" not in parameter
    assert bool(re.search(parameter["AllowedPattern"], principal)) == ok


# --- The tables

STACK = {"AWS::Partition": "aws", "AWS::AccountId": OPERATOR, "AWS::StackName": "market-reserve"}
FUNCTION = f"arn:aws:iam::{OPERATOR}:role/market-reserve-FunctionRole-Ab1Cd2Ef3Gh4"
LISTED_OPERATOR = f"arn:aws:iam::{OPERATOR}:role/team/operator"
TABLES = [name for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::DynamoDB::Table"]
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"}


def policy_of(table, operators):
    policy = TEMPLATE["Resources"][table]["Properties"]["ResourcePolicy"]
    return resolved(policy, {"OperatorPrincipals": operators, **STACK})


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("principal, denied", [
    (FUNCTION, False),
    (LISTED_OPERATOR, False),
    (f"arn:aws:iam::{OPERATOR}:role/administrator", True),
    (f"arn:aws:iam::{OPERATOR}:root", True),
    (f"arn:aws:iam::{OPERATOR}:user/operator", True),
    (f"arn:aws:iam::{OPERATOR}:role/market-reserve-ReserveFunctionDailyWakeUpRole-Ab1Cd2Ef3Gh4", True),
    (FUNCTION.replace(OPERATOR, MARKETPLACE), True),
    (FUNCTION.replace("market-reserve", "another-stack"), True),
])
def test_only_the_function_and_listed_operators_write(table, principal, denied):
    (deny,) = policy_of(table, [LISTED_OPERATOR])["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Resource"]) == ("Deny", "*", "*")
    # So reading a table and changing its policy are not denied.
    assert set(deny["Action"]) == {f"dynamodb:{action}" for action in WRITES}
    assert all_true(deny["Condition"], {"aws:PrincipalArn": principal}) is denied


@pytest.mark.parametrize("table", TABLES)
def test_without_listed_operators_the_callers_own_policy_decides(table):
    assert TEMPLATE["Parameters"]["OperatorPrincipals"]["Default"] == ""
    assert policy_of(table, [""]) == {"Ref": "AWS::NoValue"}
