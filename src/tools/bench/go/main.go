// A reservation's two operations with the standard SDK and the standard runtime.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var client *dynamodb.Client

type reservation struct {
	GroupID    string `json:"group_id"`
	PurchaseID string `json:"purchase_id"`
}

func reserve(ctx context.Context, event events.APIGatewayProxyRequest) (*events.APIGatewayProxyResponse, error) {
	var wanted reservation
	if err := json.Unmarshal([]byte(event.Body), &wanted); err != nil {
		return nil, err
	}
	owner, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(os.Getenv("INSTANCE_OWNERS_TABLE")),
		Key:            map[string]types.AttributeValue{"instance_id": text(dashed(event.PathParameters["instance_id"]))},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	if owner.Item == nil {
		return &events.APIGatewayProxyResponse{StatusCode: 403}, nil
	}
	wanted.PurchaseID = uuid()
	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(os.Getenv("RESERVATIONS_TABLE")),
		Item: map[string]types.AttributeValue{
			"group_id":    text(wanted.GroupID),
			"purchase_id": text(wanted.PurchaseID),
			"created_at":  text(time.Now().UTC().Format(time.RFC3339Nano)),
		},
		ConditionExpression:                 aws.String("attribute_not_exists(group_id)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(wanted)
	return &events.APIGatewayProxyResponse{StatusCode: 201, Body: string(body)}, err
}

func text(value string) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: value}
}

func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return dashed(fmt.Sprintf("%x", b))
}

func dashed(hex string) string {
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client = dynamodb.NewFromConfig(settings)
	lambda.Start(reserve)
}
