// A reservation's two operations with the standard SDK, using Lambda's Runtime API.
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";

const dynamoDb = new DynamoDBClient({});

async function reserve(event) {
  const instance = event.pathParameters.instance_id.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  const group = JSON.parse(event.body).group_id;
  const owner = await dynamoDb.send(new GetItemCommand({
    TableName: process.env.INSTANCE_OWNERS_TABLE, Key: { instance_id: { S: instance } }, ConsistentRead: true }));
  if (!owner.Item) return { statusCode: 403 };
  const purchase = crypto.randomUUID();
  await dynamoDb.send(new PutItemCommand({
    TableName: process.env.RESERVATIONS_TABLE,
    Item: { group_id: { S: group }, purchase_id: { S: purchase }, created_at: { S: new Date().toISOString() } },
    ConditionExpression: "attribute_not_exists(group_id)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
  return { statusCode: 201, body: JSON.stringify({ group_id: group, purchase_id: purchase }) };
}

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const next = await fetch(`${api}/next`);
  const answer = await reserve(await next.json());
  const id = next.headers.get("lambda-runtime-aws-request-id");
  await (await fetch(`${api}/${id}/response`, { method: "POST", body: JSON.stringify(answer) })).text();
}
