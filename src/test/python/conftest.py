"""Fixtures for several tests."""

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
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
def tenant():
    """Project, instance and domain of the tenant that the local API registers."""
    event = json.loads((stack.ROOT / "events/reserve.json").read_text())
    return *event["pathParameters"].values(), event["headers"]["X-Domain-Id"]


@pytest.fixture
def serve():
    """Starts a server for a function from path, headers and body to status, headers, and JSON or bytes."""
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, content = answer(self.path, self.headers, body)
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                self.send_response(status)
                headers = {"content-type": "application/json", "content-length": len(content), **headers}
                for name, value in headers.items():
                    if value is not None:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def simulator():
    """The address of an AWS simulator on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()
