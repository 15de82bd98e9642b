"""registry on DynamoDB Local."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid

import boto3
import pytest

import stack

PROGRAM = stack.ROOT / "src/tools/python/registry.py"
sys.path.insert(0, str(PROGRAM.parent))
import registry  # noqa: E402

IDS = json.loads((stack.ROOT / "src/test/resources/resource-ids.json").read_text())
HEADER = "instance_id,project_id,domain_id\n"
UUID = "73c58022-f20d-495a-a188-85d718647f09"
PURCHASE = "3f30d49b-220f-4b11-9e94-c2fd3c1cc587"
FAST = "--rate=1e9"


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    """No credentials, region or profile of this machine's user."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Tables:
    """Two new tables for the program."""

    def __init__(self, endpoint, capsys):
        self.endpoint, self.capsys = endpoint, capsys
        self.client = boto3.client("dynamodb", endpoint_url=endpoint, region_name="us-east-1",
                                   aws_access_key_id="local", aws_secret_access_key="local")
        self.owners, self.reservations = self.create("instance_id"), self.create("group_id")

    def create(self, key):
        name = f"{key}-{uuid.uuid4()}"
        self.client.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}])
        return name

    def put(self, table, **attributes):
        item = {name: value if isinstance(value, dict) else {"S": value} for name, value in attributes.items()}
        self.client.put_item(TableName=table, Item=item)
        return item

    def items(self, table):
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return sorted((item for page in pages for item in page["Items"]), key=repr)

    def owners_registered(self):
        return {tuple(item[name]["S"] for name in registry.OWNER) for item in self.items(self.owners)}

    def where(self):
        return [f"--endpoint-url={self.endpoint}", f"--owners-table={self.owners}",
                f"--reservations-table={self.reservations}"]

    def run(self, code, *arguments):
        """Checks the exit code and returns the output."""
        return run(self.capsys, code, *arguments, *self.where())


def run(capsys, code, *arguments):
    try:
        ended = registry.main(list(arguments))
    except SystemExit as e:
        ended = e.code
    out, err = capsys.readouterr()
    assert ended == code, (out, err)
    assert "Traceback" not in err
    return out if code == 0 else err


@pytest.fixture
def tables(local_api, capsys):
    return Tables(local_api.dynamodb, capsys)


def owners_file(directory, *rows):
    file = directory / "owners.csv"
    file.write_text(HEADER + "".join(",".join(row) + "\n" for row in rows))
    return str(file)


def new_owners(count):
    return [tuple(str(uuid.uuid4()) for _ in registry.OWNER) for _ in range(count)]


@pytest.mark.parametrize("id", IDS, ids=lambda id: repr(id["written"]))
def test_an_id_has_the_same_canonical_form_as_in_the_function(id):
    assert registry.canonical(id["written"]) == id["canonical"]


def test_an_owner_is_stored_in_canonical_form_and_found_in_every_spelling(tables):
    bare = UUID.replace("-", "").upper()
    assert "Registered" in tables.run(0, "owner", "add", bare, bare, "domain")
    assert tables.owners_registered() == {(UUID, UUID, "domain")}
    for spelling in UUID, bare, UUID.upper():
        assert UUID in tables.run(0, "owner", "show", spelling)
        assert "already" in tables.run(0, "owner", "add", spelling, spelling, "domain")
    assert json.loads(tables.run(0, "owner", "show", UUID, "--json"))["domain_id"] == "domain"
    assert "Wait 11 minutes" in tables.run(0, "owner", "remove", bare, UUID, "domain")
    assert tables.owners_registered() == set()
    assert "not registered" in tables.run(1, "owner", "show", UUID)
    assert "not registered" in tables.run(1, "owner", "remove", UUID, UUID, "domain")


def test_a_second_owner_is_refused(tables):
    tables.run(0, "owner", "add", "instance", "project", "domain")
    for other in ("project", "another"), ("another", "domain"):
        assert "project project of domain domain" in tables.run(1, "owner", "add", "instance", *other)
        assert "project project of domain domain" in tables.run(1, "owner", "remove", "instance", *other)
    assert tables.owners_registered() == {("instance", "project", "domain")}


def test_an_owner_under_a_noncanonical_key_is_found_only_as_written(tables, tmp_path):
    tables.put(tables.owners, instance_id=UUID.upper(), project_id="project", domain_id="domain")
    tables.run(1, "owner", "show", UUID)
    tables.run(0, "owner", "show", UUID.upper())
    assert registry.main(["owner", "export", *tables.where()]) == 0
    assert "never finds" in tables.capsys.readouterr().err
    file = owners_file(tmp_path, (UUID, "project", "domain"))
    assert registry.main(["owner", "import", file, *tables.where()]) == 0
    assert "never finds" in tables.capsys.readouterr().err
    tables.run(0, "owner", "remove", UUID.upper(), "project", "domain")
    assert tables.owners_registered() == {(UUID, "project", "domain")}


def test_the_api_sees_registered_owners_and_released_groups(local_api, capsys):
    instance, group = uuid.uuid4().hex.upper(), uuid.uuid4().hex
    where = f"--endpoint-url={local_api.dynamodb}"

    def reserve():
        url = f"{local_api.url}/v1/project/apigw/instances/{instance}/market/api-groups/reserve"
        return subprocess.run(
            [stack.ROOT / "docs/examples/reserve.py", url, "domain", group, "key"], capture_output=True, text=True)

    assert "APIG.1136" in reserve().stderr
    run(capsys, 0, "owner", "add", instance, "project", "domain", where)
    purchase = reserve().stdout.strip()
    assert json.loads(run(capsys, 0, "reservation", "show", group, "--json", where))["purchase_id"] == purchase
    assert reserve().stdout.strip() == purchase
    run(capsys, 0, "reservation", "release", group, purchase, where)
    assert reserve().stdout.strip() not in ("", purchase)
    run(capsys, 0, "owner", "remove", instance, "project", "domain", where)
    assert "APIG.1136" in reserve().stderr


@pytest.mark.parametrize("content, result", [
    (b"", "first line"),
    (b"instance_id,project_id\n", "first line"),
    (b"a,b,c\n", "first line"),
    (HEADER.encode("utf-16"), "not UTF-8"),
    (HEADER.encode() + b"\xff,p,d\n", "not UTF-8"),
    (HEADER.encode() + b'"a"b,p,d\n', "not CSV"),
    (HEADER.encode() + b"a\x00,p,d\n", "line 2: instance_id|not CSV"),
    (HEADER.encode() + b"a,p\n", "line 2: not 3 fields"),
    (HEADER.encode() + b"a,p,d,x\n", "line 2: not 3 fields"),
    (HEADER.encode() + b"a,p,d\nb,,d\n", "line 3: project_id '' is not an id"),
    (HEADER.encode() + b"a,p,d\n\nb,p, d\n", "line 4: domain_id ' d' is not an id"),
    (HEADER.encode() + f"{UUID},p,d\n{UUID.upper()},p,e\n".encode(), "has a different owner in line 2"),
])
def test_a_bad_file_is_refused_before_anything_is_written(tables, tmp_path, content, result):
    file = tmp_path / "owners.csv"
    file.write_bytes(content)
    assert re.search(result, tables.run(2, "owner", "import", str(file), FAST))
    assert tables.items(tables.owners) == []


def test_an_import_reports_changed_ids_and_repeated_lines(tables, tmp_path):
    file = tmp_path / "owners.csv"
    rows = f"domain_id,instance_id,project_id\r\nd,{UUID.upper()},p\r\nd,{UUID},p\r\n"
    file.write_bytes(b"\xef\xbb\xbf" + rows.encode())
    assert registry.main(["owner", "import", str(file), FAST, *tables.where()]) == 0
    out, err = tables.capsys.readouterr()
    assert "Registered 1 " in out
    assert f"line 2: instance_id {UUID.upper()} is stored as {UUID}" in err
    assert "line 3: the same as line 2" in err
    assert tables.owners_registered() == {(UUID, "p", "d")}


def test_an_import_that_clashes_with_a_registered_owner_writes_nothing(tables, tmp_path):
    tables.run(0, "owner", "add", "a", "p", "d")
    file = owners_file(tmp_path, ("b", "p", "d"), ("a", "q", "d"))
    for dry in [], ["--dry-run"]:
        assert "line 3: instance a is registered for project p" in tables.run(1, "owner", "import", file, FAST, *dry)
    assert tables.owners_registered() == {("a", "p", "d")}


def test_a_dry_run_writes_nothing(tables, tmp_path):
    tables.run(0, "owner", "add", "a", "p", "d")
    file = owners_file(tmp_path, ("a", "p", "d"), ("b", "p", "d"))
    result = json.loads(tables.run(0, "owner", "import", file, "--dry-run", "--json"))
    assert (result["to_register"], result["present"]) == (1, 1)
    assert tables.owners_registered() == {("a", "p", "d")}
    tables.run(0, "owner", "import", file, FAST)
    assert tables.owners_registered() == {("a", "p", "d"), ("b", "p", "d")}


def test_an_import_keeps_an_owner_registered_meanwhile(tables, tmp_path, monkeypatch):
    def rival_first(run, items, write=registry.Run.write):
        tables.put(tables.owners, instance_id="same", project_id="P-1", domain_id="d")
        tables.put(tables.owners, instance_id="other", project_id="rival", domain_id="d")
        write(run, items)

    monkeypatch.setattr(registry.Run, "write", rival_first)
    file = owners_file(tmp_path, ("same", "P-1", "d"), ("other", "P-1", "d"), ("new", "P-1", "d"))
    result = json.loads(tables.run(1, "owner", "import", file, FAST, "--json"))
    assert (result["registered"], result["present"], result["left"]) == (1, 1, 1)
    assert result["details"][0]["instance_id"] == "other"
    assert tables.owners_registered() == {("same", "P-1", "d"), ("other", "rival", "d"), ("new", "P-1", "d")}


def test_an_interrupted_import_from_standard_input_can_be_continued(tables, tmp_path):
    owners = new_owners(5000)
    file = owners_file(tmp_path, *owners)
    command = [sys.executable, str(PROGRAM), "owner", "import", "-", "--json", "--rate=1000", *tables.where()]
    # Programs that a shell runs in the background ignore Ctrl-C.
    heed = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with (
        open(file) as rows,
        subprocess.Popen(command, stdin=rows, stderr=subprocess.PIPE, text=True, **heed) as process,
    ):
        while not tables.client.scan(TableName=tables.owners, Select="COUNT")["Count"]:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        result = json.loads(process.stderr.read())
    assert process.returncode == 130
    written = len(tables.items(tables.owners))
    assert 0 < written < 5000
    # A write in progress at the Ctrl-C may be made after the count.
    assert result["registered"] <= written
    assert result["registered"] + result["left"] == 5000

    result = json.loads(tables.run(0, "owner", "import", file, FAST, "--json"))
    assert (result["registered"], result["present"]) == (5000 - written, written)
    exported = tables.run(0, "owner", "export", FAST)
    assert exported.startswith(HEADER)
    assert {tuple(row) for row in csv.reader(exported.splitlines()[1:])} == set(owners)

    # The reader ends while there is more to print than a pipe can hold.
    command = [sys.executable, str(PROGRAM), "owner", "export", FAST, *tables.where()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == "The output was closed before everything was written.\n"
    assert process.returncode == 2


def test_an_import_keeps_to_its_rate(tables, tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(registry.time, "sleep", waits.append)
    file = owners_file(tmp_path, *new_owners(100))
    tables.run(0, "owner", "import", file, "--rate=1")
    assert 90 < max(waits) <= 100


def test_a_table_of_many_pages_is_exported_completely(tables):
    for number in range(8):
        tables.put(tables.reservations, group_id=str(number), purchase_id="p", note="x" * 300_000)
    exported = tables.run(0, "reservations", "export")
    assert {row["group_id"] for row in csv.DictReader(io.StringIO(exported))} == set("01234567")


def test_a_reservation_is_shown_exported_and_released_only_by_its_purchase_id(tables):
    item = tables.put(
        tables.reservations, group_id=UUID, purchase_id=PURCHASE, domain_id="d", project_id="p", instance_id="i",
        created_at="2026-11-24T02:04:16.000Z", idempotency_key="order,1")
    plain = {name: value["S"] for name, value in item.items()}
    assert PURCHASE in tables.run(0, "reservation", "show", UUID.upper())
    assert json.loads(tables.run(0, "reservations", "export", "--json")) == plain
    assert list(csv.DictReader(io.StringIO(tables.run(0, "reservations", "export")))) == [plain]
    assert PURCHASE in tables.run(1, "reservation", "release", UUID, UUID)
    assert tables.items(tables.reservations) == [item]
    assert "check again in 11 minutes" in tables.run(0, "reservation", "release", UUID, PURCHASE.upper())
    assert tables.items(tables.reservations) == []
    assert "not reserved" in tables.run(1, "reservation", "release", UUID, PURCHASE)
    assert "not reserved" in tables.run(1, "reservation", "show", UUID)


def test_a_reservation_that_changed_since_it_was_read_is_not_released(tables, monkeypatch):
    tables.put(tables.reservations, group_id="g", purchase_id="old")

    def reserved_again(table, item, delete=registry.Table.delete):
        tables.put(tables.reservations, group_id="g", purchase_id="new")
        return delete(table, item)

    monkeypatch.setattr(registry.Table, "delete", reserved_again)
    assert "purchase new" in tables.run(1, "reservation", "release", "g", "old")
    assert len(tables.items(tables.reservations)) == 1


def test_a_release_can_wait_for_calls_in_progress(tables, monkeypatch):
    waited = []
    monkeypatch.setattr(registry.time, "sleep", waited.append)
    tables.put(tables.reservations, group_id="g", purchase_id="p")
    assert "still free" in tables.run(0, "reservation", "release", "g", "p", "--wait")
    tables.put(tables.reservations, group_id="g", purchase_id="p")
    monkeypatch.setattr(
        registry.time, "sleep", lambda _: tables.put(tables.reservations, group_id="g", purchase_id="again"))
    assert "reserved again, by purchase again" in tables.run(1, "reservation", "release", "g", "p", "--wait")
    assert waited == [660]


def test_a_restore_adds_lost_items_and_keeps_newer_ones(tables):
    restored = tables.create("group_id")
    for group in "lost", "kept", "taken":
        tables.put(restored, group_id=group, purchase_id="before")
    kept = tables.put(tables.reservations, group_id="kept", purchase_id="before")
    taken = tables.put(tables.reservations, group_id="taken", purchase_id="after")
    new = tables.put(tables.reservations, group_id="new", purchase_id="after")
    before = tables.items(tables.reservations)
    result = json.loads(tables.run(1, "restore", "reservations", "--from", restored, "--dry-run", "--json"))
    assert (result["to_put_back"], result["present"]) == (1, 1)
    assert {detail["group_id"] for detail in result["details"]} == {"lost", "taken"}
    assert tables.items(tables.reservations) == before
    for _ in "once", "again":
        assert "taken exists, but differs" in tables.run(1, "restore", "reservations", "--from", restored, FAST)
        lost = {"group_id": {"S": "lost"}, "purchase_id": {"S": "before"}}
        assert tables.items(tables.reservations) == sorted([lost, kept, taken, new], key=repr)


def test_a_restored_item_equals_the_lost_one(tables):
    restored = tables.create("instance_id")
    for number in range(60):
        tables.put(restored, **{
            "instance_id": str(number), "project_id": "p", "domain_id": "d", "it's": 'a "quoted" \\ \' note',
            "count": {"N": "7"}, "bytes": {"B": b"\x00\xff"}, "list": {"L": [{"M": {"a": {"BOOL": True}}}]}})
    assert "Put back 60" in tables.run(0, "restore", "owners", "--from", restored, FAST)
    assert tables.items(tables.owners) == tables.items(restored)
    assert "Put back 0 items; 60" in tables.run(0, "restore", "owners", "--from", restored, FAST)


def test_nothing_is_restored_from_a_table_with_another_key(tables):
    tables.put(tables.reservations, group_id="g", purchase_id="p", instance_id="i", project_id="p", domain_id="d")
    assert "its key is group_id" in tables.run(2, "restore", "owners", "--from", tables.reservations)
    assert "itself" in tables.run(2, "restore", "owners", "--from", tables.owners)
    assert "There is no table none" in tables.run(2, "restore", "owners", "--from", "none")
    assert tables.items(tables.owners) == []


@pytest.fixture
def import_with(serve, capsys, tmp_path):
    """Imports owners into an empty table, with prepared responses to the first writes."""
    def import_owners(responses, count, code):
        def respond(path, headers, body):
            if headers["X-Amz-Target"].endswith(".Scan"):
                return 200, {}, {"Items": [], "Count": 0}
            return responses.pop(0) if responses else (200, {}, {})

        file = owners_file(tmp_path, *new_owners(count))
        return run(capsys, code, "owner", "import", file, f"--endpoint-url={serve(respond)}", "--rate=1000")

    return import_owners


def refusal(code):
    return 400, {}, {"__type": f"com.amazon.coral.service#{code}", "message": "Refused"}


@pytest.mark.parametrize("attempts, code, result", [(2, 0, "Registered 1 "), (1, 2, "Throttling.*Up to 1 are left")])
def test_a_throttled_item_is_retried_for_some_time(import_with, monkeypatch, attempts, code, result):
    monkeypatch.setattr(registry, "ATTEMPTS", attempts)
    assert re.search(result, import_with([refusal("ThrottlingException")], 1, code))


def test_an_import_without_permission_stops_at_once(import_with):
    responses = [refusal("AccessDeniedException")] * 2500
    assert re.search("AccessDenied.*Up to 2500 are left", import_with(responses, 2500, 2))
    assert len(responses) > 2000


@pytest.mark.parametrize("arguments, result", [
    (["owner", "show", "a b"], "'a b' is not an id"),
    (["owner", "add", "a", "b"], "DOMAIN"),
    (["reservation", "release", "g", ""], "'' is not an id"),
    (["owner", "import", "f", "--rate=0"], "rate"),
    (["owner", "import", "/no/such/file"], "No such file"),
    (["owner", "import", "/"], "directory"),
    (["restore", "other", "--from", "t"], "other"),
    (["owner", "show", "a", "--endpoint-url=nonsense"], "nonsense"),
    (["owner", "show", "a"], "region"),
])
def test_bad_input_gets_one_message(capsys, arguments, result):
    assert result in run(capsys, 2, *arguments)


def test_a_refusal_by_aws_gets_one_message(capsys, monkeypatch, simulator, tmp_path):
    show = ["owner", "show", "a"]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert "credentials" in run(capsys, 2, *show)
    simulated = [*show, f"--endpoint-url={simulator}"]
    assert "There is no table InstanceOwnersTable." in run(capsys, 2, *simulated)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "simulator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulator")
    assert "no-such-stack" in run(capsys, 2, *simulated, "--stack=no-such-stack")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert "no-such-profile" in run(capsys, 2, *show)
    (tmp_path / "config").write_text("no configuration")
    assert "config" in run(capsys, 2, *show)


def test_the_environment_does_not_affect_a_local_endpoint(tables, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    tables.run(0, "owner", "add", "a", "p", "d")
