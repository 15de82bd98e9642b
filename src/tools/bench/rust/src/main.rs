//! The two calls of a reservation with the stock SDK and the stock runtime.
use aws_sdk_dynamodb::{
    primitives::{DateTime, DateTimeFormat},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
    Client,
};
use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use std::{env, time::SystemTime};
use uuid::Uuid;

async fn reserve(client: &Client, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let instance = Uuid::parse_str(
        event.payload["pathParameters"]["instance_id"]
            .as_str()
            .unwrap_or_default(),
    )?;
    let body: Value = serde_json::from_str(event.payload["body"].as_str().unwrap_or_default())?;
    let group = body["group_id"].as_str().unwrap_or_default();
    let owner = client
        .get_item()
        .table_name(env::var("INSTANCE_OWNERS_TABLE")?)
        .key("instance_id", AttributeValue::S(instance.to_string()))
        .consistent_read(true)
        .send()
        .await?;
    if owner.item.is_none() {
        return Ok(json!({"statusCode": 403}));
    }
    let purchase = Uuid::new_v4().to_string();
    let now = DateTime::from(SystemTime::now()).fmt(DateTimeFormat::DateTime)?;
    client
        .put_item()
        .table_name(env::var("RESERVATIONS_TABLE")?)
        .item("group_id", AttributeValue::S(group.into()))
        .item("purchase_id", AttributeValue::S(purchase.clone()))
        .item("created_at", AttributeValue::S(now))
        .condition_expression("attribute_not_exists(group_id)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await?;
    let answer = json!({"group_id": group, "purchase_id": purchase});
    Ok(json!({"statusCode": 201, "body": answer.to_string()}))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::new(&aws_config::load_from_env().await);
    run(service_fn(|event| reserve(&client, event))).await
}
