"""Signature Version 4, computed from the call that arrived."""

import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


def signature(credentials, path, headers, body):
    """The correct Authorization header of a call to API Gateway."""
    sent = headers["Authorization"]
    region = re.search(r"/([^/]+)/execute-api/aws4_request", sent)[1]
    names = re.search(r"SignedHeaders=([^,]+)", sent)[1].split(";")
    request = AWSRequest(
        "POST", f"http://{headers['Host']}{path}", data=body, headers={name: headers[name] for name in names})
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(credentials, "execute-api", region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return re.sub("[0-9a-f]{64}$", signer.signature(text, request), sent)
