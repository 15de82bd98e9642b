"""A reservation's two operations with the standard SDK, using Lambda's Runtime API."""
import datetime, http.client, json, os, uuid

import boto3

dynamodb = boto3.client("dynamodb")


def reserve(event):
    instance = str(uuid.UUID(event["pathParameters"]["instance_id"]))
    group = json.loads(event["body"])["group_id"]
    owner = dynamodb.get_item(TableName=os.environ["INSTANCE_OWNERS_TABLE"],
                              Key={"instance_id": {"S": instance}}, ConsistentRead=True)
    if "Item" not in owner:
        return {"statusCode": 403}
    purchase = str(uuid.uuid4())
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    dynamodb.put_item(TableName=os.environ["RESERVATIONS_TABLE"],
                      Item={"group_id": {"S": group}, "purchase_id": {"S": purchase}, "created_at": {"S": now}},
                      ConditionExpression="attribute_not_exists(group_id)",
                      ReturnValuesOnConditionCheckFailure="ALL_OLD")
    return {"statusCode": 201, "body": json.dumps({"group_id": group, "purchase_id": purchase})}


api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
root = "/2018-06-01/runtime/invocation"
while True:
    api.request("GET", f"{root}/next")
    event = api.getresponse()
    answer = reserve(json.load(event))
    api.request("POST", f"{root}/{event.headers['Lambda-Runtime-Aws-Request-Id']}/response", json.dumps(answer))
    api.getresponse().read()
