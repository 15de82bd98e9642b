"""The local API, started once for all tests."""

import re
import subprocess
import threading

import pytest

import stack


@pytest.fixture(scope="session")
def api():
    """The address of the local API."""
    command = ["mvn", "--batch-mode", "-Plocal", "-Dport=0", "-Ddynamodb.port=0"]
    with subprocess.Popen(command, cwd=stack.ROOT, stdout=subprocess.PIPE, text=True) as process:
        output = ""
        while not (printed := re.search(r"open (http://\S+)/docs in a browser", output)):
            line = process.stdout.readline()
            assert line, output
            output += line
        threading.Thread(target=process.stdout.read, daemon=True).start()  # A full pipe would stop the API.
        yield printed[1]
        process.terminate()
