"""Manages the instance owners and the reservations of a Market Reserve stack."""

import argparse
import contextlib
import csv
import json
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

EPILOG = """\
exit codes:
  0    done
  1    refused because of what is in the tables, or items differ: see the message
  2    bad input, no credentials, no permission, no such stack or table, no response from AWS
  130  interrupted; run import or restore again to continue

An id is 1 to 64 characters of A-Z a-z 0-9 _ -, the first a letter or digit. A UUID may be
written with or without dashes, in upper or lower case. It is stored with dashes in lower case.

It finds credentials and region as the AWS CLI does. No command overwrites an item.
"""

OWNER = ("instance_id", "project_id", "domain_id")
RESERVATION = ("group_id", "purchase_id", *OWNER, "created_at", "idempotency_key")

# For each kind of item, the table's name in the template and the columns of an export, the key first.
TABLES = {"owners": ("InstanceOwnersTable", OWNER), "reservations": ("ReservationsTable", RESERVATION)}

# Eleven minutes: docs/operating/data.md says why.
WAIT_SECONDS = 660

WORKERS = 50
ATTEMPTS = 8
LISTED = 20  # the maximum number of details in text output


class Failure(Exception):
    """Ends the program with an exit code, a message and details."""

    def __init__(self, code, message, details=(), **facts):
        super().__init__(message)
        self.code, self.message, self.details, self.facts = code, message, list(details), facts


FAILURES = Failure, ClientError, BotoCoreError, ValueError, OSError, KeyboardInterrupt


def failure(error):
    """Converts an error into a Failure."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Failure(130, "Interrupted.")
    message = str(error)
    if isinstance(error, ClientError):
        reason = error.response["Error"]
        message = f"AWS refused {error.operation_name}: {reason.get('Message') or reason['Code']} ({reason['Code']})"
    return Failure(2, " ".join(message.split()).rstrip(".") + ".")


# --- Ids: the same rules as in ResourceId.java; both are tested with src/test/resources/resource-ids.json ---------


def canonical(text):
    """The canonical form of an id: a UUID with dashes in lower case, otherwise as written. None if it is not an id."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text):
        return None
    uuid = re.fullmatch(r"(H{8})(-?)(H{4})\2(H{4})\2(H{4})\2(H{12})".replace("H", "[0-9A-Fa-f]"), text)
    return "-".join(uuid.group(1, 3, 4, 5, 6)).lower() if uuid else text


def resource_id(text):
    """Parses an id on the command line; returns its canonical form."""
    id = canonical(text)
    if id is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an id")
    return id


def same_owner(item, project, domain):
    """Whether an instance owner's item has this project and domain, in any spelling."""
    return (canonical(text(item, "project_id")), canonical(text(item, "domain_id"))) == (project, domain)


def owner_of(item):
    return f"project {text(item, 'project_id')} of domain {text(item, 'domain_id')}"


# --- Output -------------------------------------------------------------------------------------------------------


def text_output(message, details):
    shown = [f"  {detail['message']}" for detail in details[:LISTED]]
    if len(details) > LISTED:
        shown.append(f"  … and {len(details) - LISTED} more; --json lists all")
    return "\n".join([message, *shown])


def report(options, code, message, details=(), **facts):
    """Prints a result: a success to standard output, anything else to standard error."""
    result = {"message": message, **facts, "details": details}
    stream = sys.stderr if code else sys.stdout
    print(json.dumps(result) if options.json else text_output(message, details), file=stream)
    return code


def warn(options, message, details=()):
    result = {"warning": message, "details": details}
    print(json.dumps(result) if options.json else text_output(f"Warning: {message}", details), file=sys.stderr)


@contextlib.contextmanager
def progress(description, total=None):
    """Yields a function to call with the number of finished items. On a terminal it shows a progress bar."""
    columns = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task(description, total=total)
        yield lambda done: shown.advance(task, done)


# --- Tables -------------------------------------------------------------------------------------------------------


def text(item, name):
    """An attribute as text; empty if the item does not have it."""
    return str(next(iter(item[name].values()))) if name in item else ""


def plain(item):
    return {name: text(item, name) for name in item}


def fingerprint(item):
    return hash(json.dumps(item, sort_keys=True, default=repr))


class Pace:
    """Limits the capacity units used per second."""

    def __init__(self, rate):
        self.rate = rate
        self.next = time.monotonic()

    def take(self, units):
        """Waits as long as these units take at this rate."""
        self.next = max(self.next, time.monotonic()) + units / self.rate
        time.sleep(max(0.0, self.next - time.monotonic()))


class Table:
    def __init__(self, client, name, key):
        self.client, self.name, self.key = client, name, key

    def call(self, operation, **parameters):
        try:
            return getattr(self.client, operation)(TableName=self.name, **parameters)
        except ClientError as e:
            if e.response["Error"]["Code"] == "ResourceNotFoundException":
                raise Failure(2, f"There is no table {self.name}.") from e
            raise

    def get(self, id):
        return self.call("get_item", Key={self.key: {"S": id}}, ConsistentRead=True).get("Item")

    def write(self, operation, **parameters):
        """Makes a conditional write. Returns the item that failed the condition, or None."""
        try:
            self.call(operation, ReturnValuesOnConditionCheckFailure="ALL_OLD", **parameters)
        except self.client.exceptions.ConditionalCheckFailedException as e:
            return e.response.get("Item")
        return None

    def put_new(self, item):
        """Writes an item unless its key exists. Returns the existing item, or None."""
        return self.write("put_item", Item=item, ConditionExpression=f"attribute_not_exists({self.key})")

    def delete(self, item):
        """Deletes an item unless it has changed since it was read. Returns the changed item, or None."""
        names = list(enumerate(item))
        return self.write(
            "delete_item", Key={self.key: item[self.key]},
            ConditionExpression=" AND ".join(f"#{i} = :{i}" for i, _ in names),
            ExpressionAttributeNames={f"#{i}": name for i, name in names},
            ExpressionAttributeValues={f":{i}": item[name] for i, name in names})

    def scan(self, pace, advance):
        """All items."""
        start = {}
        while True:
            page = self.call("scan", ConsistentRead=True, ReturnConsumedCapacity="TOTAL", **start)
            pace.take(page.get("ConsumedCapacity", {}).get("CapacityUnits", 1))
            yield from page["Items"]
            advance(len(page["Items"]))
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class Run:
    """One import or restore: the number of written items, and what happened to the others."""

    def __init__(self, table, pace, advance=lambda done: None):
        self.table, self.pace, self.advance = table, pace, advance
        self.lock = threading.Lock()
        self.written = self.present = 0
        self.different = []
        self.failure = None

    def write(self, items):
        """Writes items until all are written, a write fails or Ctrl-C is pressed. Then waits for writes in progress."""
        room = threading.Semaphore(2 * WORKERS)

        def put(item):
            try:
                if not self.failure:
                    self.count(item, self.table.put_new(item))
            except Exception as e:
                self.failure = e
            finally:
                room.release()

        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                for item in items:
                    self.pace.take(1)
                    room.acquire()
                    if self.failure:
                        break
                    pool.submit(put, item)
            except (Exception, KeyboardInterrupt) as e:
                self.failure = e

    def count(self, item, there):
        with self.lock:
            if there is None:
                self.written += 1
            elif there == item:
                self.present += 1  # Perhaps this run wrote it, but the response was lost.
            else:
                self.different.append(there)
            self.advance(1)


# --- Commands -----------------------------------------------------------------------------------------------------


def open_table(options, kind):
    """The table of owners or of reservations."""
    local = options.endpoint_url and not options.stack
    here = urlsplit(options.endpoint_url or "").hostname in ("127.0.0.1", "localhost", "::1")
    session = boto3.Session()
    key = "local" if local and (here or not session.get_credentials()) else None
    given = {
        "endpoint_url": options.endpoint_url,
        "region_name": session.region_name or ("us-east-1" if options.endpoint_url else None),
        "aws_access_key_id": key,
        "aws_secret_access_key": key,
        "config": Config(
            # The adaptive mode also slows down if DynamoDB throttles.
            retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS}, connect_timeout=5, read_timeout=15,
            max_pool_connections=WORKERS, proxies={} if here else None,
            # Both would change the host name, which the option gives.
            use_fips_endpoint=False if options.endpoint_url else None,
            use_dualstack_endpoint=False if options.endpoint_url else None),
    }
    default, fields = TABLES[kind]
    name = {"owners": options.owners_table, "reservations": options.reservations_table}[kind]
    if not name and local:
        name = default
    if not name:
        stack = options.stack or "market-reserve"
        described = session.client("cloudformation", **given).describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        name = outputs.get(f"{default}Name")
    if not name:
        raise Failure(2, f"The stack {stack} has no output {default}Name.")
    return Table(session.client("dynamodb", **given), name, fields[0])


def owner_item(instance, project, domain):
    return {"instance_id": {"S": instance}, "project_id": {"S": project}, "domain_id": {"S": domain}}


def owner_add(options):
    item = owner_item(options.instance, options.project, options.domain)
    there = open_table(options, "owners").put_new(item)
    facts = plain(item)
    if there is None:
        return report(options, 0, f"Registered instance {facts['instance_id']} for {owner_of(item)}.", **facts)
    if same_owner(there, options.project, options.domain):
        return report(options, 0, f"Instance {facts['instance_id']} was already registered for this owner.", **facts)
    raise Failure(1, f"Instance {facts['instance_id']} is registered for another owner, {owner_of(there)}; "
                     "nothing was changed.", **plain(there))


def find_owner(options, owners):
    """The item of an instance. A key that is not canonical is found if the option spells it the same way."""
    id = canonical(options.instance)
    item = owners.get(options.instance) or owners.get(id)
    if item is None:
        raise Failure(1, f"Instance {id} is not registered.", instance_id=id)
    return item


def owner_show(options):
    return show(options, find_owner(options, open_table(options, "owners")))


def show(options, item):
    if options.json:
        print(json.dumps(plain(item)))
    else:
        width = max(map(len, item))
        for name in sorted(item, key=lambda name: (RESERVATION.index(name) if name in RESERVATION else 99, name)):
            print(f"{name:{width}}  {text(item, name)}")
    return 0


def owner_remove(options):
    owners = open_table(options, "owners")
    item = find_owner(options, owners)
    id = text(item, "instance_id")
    there = item if not same_owner(item, options.project, options.domain) else owners.delete(item)
    if there:
        raise Failure(1, f"Instance {id} is registered for another owner, {owner_of(there)}; nothing was changed.",
                      **plain(there))
    return report(options, 0, f"Removed the owner of instance {id}. Wait {WAIT_SECONDS // 60} minutes before you "
                              "register it for another: a call in progress may still reserve a group for this one.",
                  **plain(item))


def export(options):
    table = open_table(options, options.table)
    fields = TABLES[options.table][1]
    misspelt = []
    with progress("Exporting") as advance:
        rows = csv.writer(sys.stdout, lineterminator="\n")
        if not options.json:
            rows.writerow(fields)
        for item in table.scan(Pace(options.rate), advance):
            id = text(item, table.key)
            if canonical(id) != id:
                misspelt.append({"message": id})
            if options.json:
                print(json.dumps(plain(item)))
            else:
                rows.writerow([text(item, field) for field in fields])
    if misspelt:
        warn(options, "The function never finds an item whose key is not in canonical form:", misspelt)
    return 0


def read_owners(file):
    """The rows of a file by instance, each as line, project and domain; and the warnings."""
    name = "standard input" if file == "-" else file
    rows, odd, faults = {}, [], []
    try:
        # A file from a spreadsheet may start with a byte order mark.
        with open(0 if file == "-" else file, encoding="utf-8-sig", newline="", closefd=file != "-") as opened:
            reader = csv.DictReader(opened, strict=True)
            header = reader.fieldnames or []
            if sorted(header) != sorted(OWNER):
                raise Failure(2, f"The first line of {name} must be {','.join(OWNER)}, not {','.join(header)[:80]!r}.")
            for row in reader:
                read_row(reader.line_num, row, rows, odd, faults)
    except UnicodeDecodeError as e:
        raise Failure(2, f"{name} is not UTF-8.") from e
    except csv.Error as e:
        raise Failure(2, f"Line {reader.line_num} of {name} is not CSV: {e}.") from e
    if faults:
        raise Failure(2, f"{name} has {len(faults)} errors; nothing was written.", faults)
    return rows, odd


def read_row(line, row, rows, odd, faults):
    def note(list_, message):
        list_.append({"line": line, "message": f"line {line}: {message}"})

    if None in row or None in row.values():
        return note(faults, f"not {len(OWNER)} fields")
    ids = {}
    for field, written in row.items():
        ids[field] = canonical(written)
        if ids[field] is None:
            note(faults, f"{field} {written[:80]!r} is not an id")
        elif ids[field] != written:
            note(odd, f"{field} {written} is stored as {ids[field]}")
    instance, project, domain = (ids[field] for field in OWNER)
    if None in ids.values():
        return None
    first, *owner = rows.setdefault(instance, (line, project, domain))
    if owner != [project, domain]:
        return note(faults, f"instance {instance} has a different owner in line {first}")
    return note(odd, f"the same as line {first}") if first != line else None


def owner_import(options):
    rows, odd = read_owners(options.file)
    owners = open_table(options, "owners")
    pace = Pace(options.rate)
    count, clashes, misspelt = len(rows), [], []
    with progress("Reading the owners") as advance:
        for item in owners.scan(pace, advance):
            id = text(item, "instance_id")
            if id in rows:
                line, project, domain = rows.pop(id)
                if not same_owner(item, project, domain):
                    clashes.append({"line": line, **plain(item), "message":
                                    f"line {line}: instance {id} is registered for {owner_of(item)}"})
            elif canonical(id) in rows:
                misspelt.append({"message": f"{id}, registered for {owner_of(item)}"})
    if odd:
        warn(options, f"{options.file} has ids that are not in canonical form, or repeated lines:", odd)
    if misspelt:
        warn(options, "Instances in this file are registered under keys that the function never finds:", misspelt)
    if clashes:
        raise Failure(1, f"{len(clashes)} instances are registered for other owners; nothing was written.", clashes)
    present = count - len(rows)
    if options.dry_run:
        return report(options, 0, f"Would register {len(rows)} instances; {present} are already registered.",
                      to_register=len(rows), present=present)
    with progress("Registering", len(rows)) as advance:
        run = Run(owners, pace, advance)
        run.write(owner_item(instance, project, domain) for instance, (_, project, domain) in rows.items())
    present += run.present
    clashes = [{**plain(item), "message": f"{text(item, 'instance_id')} is registered for {owner_of(item)}"}
               for item in run.different]
    return finish(options, run, f"Registered {run.written} instances; {present} were already registered",
                  clashes, registered=run.written, present=present, left=count - run.written - present)


def finish(options, run, done, others, **facts):
    """Reports the result of a run."""
    if run.failure:
        if not isinstance(run.failure, FAILURES):
            raise run.failure
        cause = failure(run.failure)
        left = f"Up to {facts['left']} are left" if "left" in facts else "Some may be left"
        raise Failure(cause.code, f"{cause.message} {done}. {left}: run the command again.", others, **facts)
    if others:
        raise Failure(1, f"{done}; {len(others)} differ and were not changed:", others, **facts)
    return report(options, 0, f"{done}.", **facts)


def restore(options):
    table = open_table(options, options.table)
    source = Table(table.client, options.source, table.key)
    if source.name == table.name:
        raise Failure(2, f"--from names the {options.table} table itself.")
    keys = [k["AttributeName"] for k in source.call("describe_table")["Table"]["KeySchema"]]
    if keys != [table.key]:
        raise Failure(2, f"{source.name} is not a table of {options.table}: its key is {', '.join(keys)}.")
    pace = Pace(options.rate)
    with progress(f"Reading {table.name}") as advance:
        there = {text(item, table.key): fingerprint(item) for item in table.scan(pace, advance)}
    present, others, missing = 0, [], []

    def lacking(advance):
        nonlocal present
        for item in source.scan(pace, advance):
            id = text(item, table.key)
            if id not in there:
                yield item
            elif there[id] == fingerprint(item):
                present += 1
            else:
                others.append({table.key: id, "message": f"{id} exists, but differs from the restored item"})

    with progress(f"Comparing {source.name}") as advance:
        if options.dry_run:
            for item in lacking(advance):
                id = text(item, table.key)
                missing.append({table.key: id, "message": f"{id} would be put back"})
            return report(options, 1 if others else 0,
                          f"Would put back {len(missing)} items; {present} exist already, {len(others)} differ.",
                          missing + others, to_put_back=len(missing), present=present)
        run = Run(table, pace)
        run.write(lacking(advance))
    others += [{table.key: text(item, table.key), "message": f"{text(item, table.key)} was written in the meantime"}
               for item in run.different]
    present += run.present
    return finish(options, run, f"Put back {run.written} items; {present} existed already", others,
                  put_back=run.written, present=present)


def find_reservation(options, reservations):
    item = reservations.get(options.group)
    if item is None:
        raise Failure(1, f"Group {options.group} is not reserved.", group_id=options.group)
    return item


def reservation_show(options):
    return show(options, find_reservation(options, open_table(options, "reservations")))


def reservation_release(options):
    reservations = open_table(options, "reservations")
    item = find_reservation(options, reservations)
    matches = canonical(text(item, "purchase_id")) == options.purchase
    there = reservations.delete(item) if matches else item
    if there:
        raise Failure(1, f"Group {options.group} is reserved by purchase {text(there, 'purchase_id')}, not "
                         f"{options.purchase}; nothing was released.", **plain(there))
    released = f"Released group {options.group}, purchase {options.purchase}."
    minutes = f"{WAIT_SECONDS // 60} minutes"
    if not options.wait:
        return report(options, 0, f"{released} A call in progress may reserve it again: check again in {minutes}.",
                      **plain(item))
    print(f"{released} Waiting {minutes} for calls in progress.", file=sys.stderr)
    time.sleep(WAIT_SECONDS)
    again = reservations.get(options.group)
    if again:
        raise Failure(1, f"{released} It has been reserved again, by purchase {text(again, 'purchase_id')}.",
                      **plain(again))
    return report(options, 0, f"{released} After {minutes} it is still free.", **plain(item))


# --- The command line ---------------------------------------------------------------------------------------------


def rate(text_):
    number = float(text_)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def spelling(text_):
    """Checks an id on the command line; returns it as written."""
    resource_id(text_)
    return text_


def parser():
    whole = argparse.ArgumentParser(
        prog="registry", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    everywhere = argparse.ArgumentParser(add_help=False)
    where = everywhere.add_argument_group("which tables")
    where.add_argument("--stack", metavar="NAME", help="the stack with the tables (default: market-reserve)")
    where.add_argument("--owners-table", metavar="NAME", help="instance owners table, instead of the stack's")
    where.add_argument("--reservations-table", metavar="NAME", help="reservations table, instead of the stack's")
    where.add_argument("--endpoint-url", metavar="URL", help=(
        "another DynamoDB, for example that of `mvn -Plocal`; without --stack, the tables have the template's names"))
    everywhere.add_argument("--json", action="store_true", help="print results and failures as JSON")
    paced = argparse.ArgumentParser(add_help=False)
    paced.add_argument("--rate", type=rate, default=500, metavar="N", help=(
        "capacity units to use per second; writing an item of 1 KB takes one (default: 500, half of the template's "
        "TableRequestsPerSecond)"))
    dry = argparse.ArgumentParser(add_help=False)
    dry.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")

    def add(commands, name, function, help_, parents=(), ids=(), **defaults):
        command = commands.add_parser(
            name, help=help_.split("\n")[0], description=help_, epilog=EPILOG, parents=[*parents, everywhere],
            formatter_class=argparse.RawDescriptionHelpFormatter)
        command.set_defaults(function=function, **defaults)
        for id, type_ in ids:
            command.add_argument(id, type=type_, metavar=id.upper())
        return command

    def group(name, help_):
        return top.add_parser(name, help=help_, description=help_).add_subparsers(required=True, metavar="COMMAND")

    owner_ids = [("project", resource_id), ("domain", resource_id)]
    top = whole.add_subparsers(required=True, metavar="COMMAND")
    owner = group("owner", "register, show, remove, import or export instance owners")
    add(owner, "add", owner_add, "Register the owner of an instance. A second owner is refused.",
        ids=[("instance", resource_id), *owner_ids])
    add(owner, "show", owner_show, "Show the owner of an instance.", ids=[("instance", spelling)])
    add(owner, "remove", owner_remove, "Remove the owner of an instance. Reservations stay.",
        ids=[("instance", spelling), *owner_ids])
    command = add(owner, "import", owner_import, (
        "Register the owners in a CSV file with the columns instance_id, project_id, domain_id.\n"
        "The whole file is checked first. If an id is malformed, or if an instance has another\n"
        "owner in the file or in the table, nothing is written. It is safe to run again."), [paced, dry])
    command.add_argument("file", metavar="FILE", help="- for standard input")
    add(owner, "export", export, "Print all instance owners as CSV, or with --json one object per line.", [paced],
        table="owners")
    reservation = group("reservation", "show or release a reservation")
    add(reservation, "show", reservation_show, "Show the reservation of a group.", ids=[("group", resource_id)])
    command = add(reservation, "release", reservation_release,
                  "Delete the reservation of a group if it has this purchase id.",
                  ids=[("group", resource_id), ("purchase", resource_id)])
    command.add_argument("--wait", action="store_true", help=(
        f"wait {WAIT_SECONDS // 60} minutes, and fail if a call in progress has reserved the group again"))
    reservations = group("reservations", "export all reservations")
    add(reservations, "export", export, "Print all reservations as CSV, or with --json one object per line.", [paced],
        table="reservations")
    command = add(top, "restore", restore, (
        "Copy lost items back into a table from its restored copy. Existing items are not changed.\n"
        "If items differ, they are listed and the exit code is 1. It is safe to run again."), [paced, dry])
    command.add_argument("table", choices=TABLES, metavar="TABLE", help="owners or reservations")
    command.add_argument("--from", dest="source", required=True, metavar="RESTORED", help="the restored table's name")
    return whole


def main(arguments=None):
    options = parser().parse_args(arguments)
    for stream in sys.stdout, sys.stderr:
        stream.reconfigure(errors="backslashreplace")
    try:
        code = options.function(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return report(options, 2, "The output was closed before everything was written.")
    except FAILURES as e:
        found = failure(e)
        return report(options, found.code, found.message, found.details, **found.facts)


if __name__ == "__main__":
    sys.exit(main())
