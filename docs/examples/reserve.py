#!/usr/bin/env python3
"""Reserves an API group and prints its purchase id. docs/calling.md explains the rules.

  reserve.py URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY

AWS_REGION names the region of the API. The call is then signed by botocore, with the credentials that
botocore finds. Without AWS_REGION the call is not signed; only the local API takes it then.

Exit status: 0 the tenant holds the group; 1 refused for good; 2 not known, run it again later with the
same key.
"""

import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.5  # doubles after each attempt
TIMEOUT_SECONDS = 10


class Refused(Exception):
    """The call was refused for good: a repeat gets the same answer."""


class OutcomeUnknown(Exception):
    """No attempt got a definite answer: the tenant may or may not hold the group."""


def reserve(url, domain_id, group_id, idempotency_key):
    """Returns the purchase id of the tenant's reservation."""
    body = json.dumps({"group_id": group_id}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Domain-Id": domain_id,
        "Idempotency-Key": idempotency_key,
    }
    pause = FIRST_PAUSE_SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        status, answer = post(url, body, headers)
        if status in (201, 409):
            purchase_id = json.loads(answer).get("purchase_id")
            if purchase_id:  # A 409 has one if the tenant holds the group.
                return purchase_id
            raise Refused(answer)
        if status is not None and status != 429 and status < 500:
            raise Refused(answer)
        print(f"attempt {attempt} of {ATTEMPTS}: {status or 'none'} {answer}", file=sys.stderr)
        if attempt < ATTEMPTS:
            time.sleep(random.uniform(pause / 2, pause))
            pause *= 2
    raise OutcomeUnknown("Not known whether the group is reserved. Run this again later with the same key.")


def post(url, body, headers):
    """Makes one call. Returns its status, or None if no answer came, and the body."""
    request = urllib.request.Request(url, body, signed(url, body, headers), method="POST")
    try:
        try:
            response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return None, "no answer"


def signed(url, body, headers):
    """Returns the headers with those of a signature. It holds for minutes, so each call gets its own."""
    region = os.environ.get("AWS_REGION")
    if not region:
        return headers
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import Session

    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(Session().get_credentials(), "execute-api", region).add_auth(request)
    return dict(request.headers)


if __name__ == "__main__":
    try:
        print(reserve(*sys.argv[1:]))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
    except OutcomeUnknown as unknown:
        print(unknown, file=sys.stderr)
        sys.exit(2)
