#!/usr/bin/env python3
"""Reserves an API group and prints its purchase id. docs/calling.md explains the rules.

  reserve.py URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY

Set AWS_REGION to the API's region. botocore then signs the call with its default credentials. Without
AWS_REGION the call is not signed, and only the local API accepts it.

Exit status: 0 the tenant holds the group; 10 another tenant holds it; 11 the order is not settled, run it
again later with the same key; 12 the call is wrong and this run reserved nothing.
"""

import http.client
import json
import os
import random
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit

CALLS = 5
FIRST_PAUSE_SECONDS = 0.5  # doubles after each call
CONNECTION_TIMEOUT_SECONDS = 3
TIMEOUT_SECONDS = 10


class Refused(Exception):
    """Another tenant holds the group."""

    exit_status = 10


class OutcomeUnknown(Exception):
    """The tenant may or may not hold the group."""

    exit_status = 11


class WrongCall(Exception):
    """The call was not made, or was refused. It reserved nothing, but an earlier call may have."""

    exit_status = 12


def reserve(url, domain_id, group_id, idempotency_key, sign):
    """Returns the purchase id of the tenant's reservation."""
    body = json.dumps({"group_id": group_id}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Domain-Id": domain_id,
        "Idempotency-Key": idempotency_key,
    }
    unknown = False
    pause = FIRST_PAUSE_SECONDS
    for call in range(1, CALLS + 1):
        status, answer = post(url, body, headers, sign)
        fields = parsed(answer)
        if status in (201, 409) and fields.get("purchase_id"):
            return fields["purchase_id"]  # A 409 has one if the tenant holds the group.
        if status == 409 and fields.get("error_code"):
            raise Refused(answer)
        if status in range(400, 500) and status not in (408, 409, 429):
            if unknown:  # An earlier call may have reserved the group.
                raise OutcomeUnknown(answer)
            raise WrongCall(answer)
        unknown |= status != 429
        print(f"call {call} of {CALLS}: {status or 'none'} {answer}", file=sys.stderr)
        if call < CALLS:
            time.sleep(random.uniform(pause / 2, pause))
            pause *= 2
    raise OutcomeUnknown("The order is not settled. Run this again later with the same key.")


def post(url, body, headers, sign):
    """Makes one call. Returns the status and the body; the status is None without a complete response."""
    scheme, host, path, query, _ = urlsplit(url)
    target = f"{path or '/'}?{query}" if query else path or "/"
    connect = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    try:
        with closing(connect(host, timeout=CONNECTION_TIMEOUT_SECONDS)) as connection:
            connection.connect()
            connection.sock.settimeout(TIMEOUT_SECONDS)
            connection.request("POST", target, body, sign(url, body, headers))
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as e:
        return None, f"no response ({e!r})"


def parsed(answer):
    """The fields of a response; none if it is not a JSON object, for example a proxy's page."""
    try:
        fields = json.loads(answer)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def signer():
    """Returns a function that signs headers. A signature is valid for minutes, so each call gets its own."""
    region = os.environ.get("AWS_REGION")
    if not region:
        return lambda url, body, headers: headers
    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.session import Session

        credentials = Session().get_credentials()
        if credentials:
            credentials.get_frozen_credentials()
    except Exception as e:  # A missing library, a bad profile and a bad file have no common exception.
        raise WrongCall(f"No credentials: {e}") from e
    if credentials is None:
        raise WrongCall("No credentials: botocore found none.")

    def sign(url, body, headers):
        request = AWSRequest("POST", url, headers=headers, data=body)
        SigV4Auth(credentials, "execute-api", region).add_auth(request)
        return dict(request.headers)

    return sign


def main(arguments):
    if len(arguments) != 4 or urlsplit(arguments[0]).scheme not in ("http", "https"):
        print("usage: reserve.py URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY", file=sys.stderr)
        return WrongCall.exit_status
    try:
        print(reserve(*arguments, signer()))
        return 0
    except (Refused, OutcomeUnknown, WrongCall) as e:
        print(e, file=sys.stderr)
        return e.exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
