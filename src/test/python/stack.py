"""template.yaml as CloudFormation sees it: openapi.yaml included, then expanded by SAM's own translator."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # The translator needs one.

ROOT = Path(__file__).resolve().parents[3]

PARAMETERS = {"CallerPrincipals": "arn:aws:iam::111122223333:role/marketplace"}


def read(file):
    """A template without SAM's transform, as plain JSON."""
    return json.loads(json.dumps(yaml_parse((ROOT / file).read_text())))


def source():
    """The template with the API's definition inserted, as AWS::Include does it."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    api = template["Resources"]["Api"]["Properties"]
    location = api["DefinitionBody"]["Fn::Transform"]["Parameters"]["Location"]
    api["DefinitionBody"] = yaml_parse((ROOT / location).read_text())
    # What `sam deploy` uploads.
    template["Resources"]["ReserveFunction"]["Properties"]["CodeUri"] = "s3://code/function.zip"
    return template


def expand(template, **parameters):
    """A template after the SAM transform, as plain JSON."""
    no_managed_policies = SimpleNamespace(load=dict)  # Otherwise the translator asks AWS for a list of them.
    return json.loads(json.dumps(transform(template, parameters, no_managed_policies)))


def expanded(**parameters):
    """template.yaml after the SAM transform, as plain JSON."""
    return expand(source(), **parameters)
