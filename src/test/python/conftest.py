"""Fixtures for several tests."""

import re
import subprocess
import threading
from types import SimpleNamespace

import pytest
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.server import ThreadedMotoServer

import stack


@pytest.fixture(scope="session")
def local_api():
    """`mvn -Plocal`: the addresses of the API and of its DynamoDB."""
    command = ["mvn", "--batch-mode", "-Plocal", "-Dport=0", "-Ddynamodb.port=0"]
    with subprocess.Popen(command, cwd=stack.ROOT, stdout=subprocess.PIPE, text=True) as process:
        output = ""
        while not (printed := re.search(r"listens on (http://\S+), its DynamoDB on (http://\S+)\. ", output)):
            line = process.stdout.readline()
            assert line, output
            output += line
        threading.Thread(target=process.stdout.read, daemon=True).start()  # A full pipe would stop the API.
        yield SimpleNamespace(url=printed[1], dynamodb=printed[2])
        process.terminate()


@pytest.fixture(scope="session")
def api(local_api):
    """The address of the local API."""
    return local_api.url


@pytest.fixture(scope="session")
def simulator():
    """The address of an AWS simulator on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoDBBackend, "batch_execute_statement", insert)
        yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def insert(backend, statements):
    """PartiQL's INSERT with parameters, which the simulator does not support. Overwrites no item."""
    responses = []
    for statement in statements:
        name, attributes = re.fullmatch(r'INSERT INTO "(.*?)" VALUE \{(.*)\}', statement["Statement"]).groups()
        table = backend.get_table(name)
        item = dict(zip(re.findall(r"'(.*?)': \?", attributes), statement["Parameters"], strict=True))
        if table.get_item(DynamoType(item[table.hash_key_attr])):
            responses.append({"Error": {"Code": "DuplicateItem"}})
        else:
            table.put_item(item)
            responses.append({})
    return responses
