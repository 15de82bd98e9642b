#!/usr/bin/env python3
"""Retries every order in a list, and reports which are settled. docs/calling.md explains the rules.

  reconcile.py URL ORDERS

URL     the API's URL with {project_id} and {instance_id}.
ORDERS  a CSV file with the columns order, project_id, instance_id, domain_id, group_id and idempotency_key, or -
        for standard input. An order can have any name. The other columns are the same as in its first call.

Calls are signed as in reserve.py. The output has a CSV line for each order: its name; settled (the tenant holds
the group), refused (another tenant holds it) or open; and the purchase id. An open order may be reserved or not:
keep it in the list for the next run.

Exit status: 0 no order is open; 11 an order is open; 12 the list cannot be read or the calls cannot be signed.
"""

import contextlib
import csv
import io
import sys

from reserve import OutcomeUnknown, Refused, WrongCall, reserve, signer

COLUMNS = ("order", "project_id", "instance_id", "domain_id", "group_id", "idempotency_key")


def reconcile(url, order, sign):
    """Returns settled, refused or open, the purchase id, and what the calls printed."""
    url = url.replace("{project_id}", order["project_id"]).replace("{instance_id}", order["instance_id"])
    with contextlib.redirect_stderr(io.StringIO()) as calls:
        try:
            purchase_id = reserve(url, order["domain_id"], order["group_id"], order["idempotency_key"], sign)
            return "settled", purchase_id, ""
        except Refused:
            return "refused", "", ""
        except Exception as e:  # Any error: the group may be reserved, and the other orders must still be retried.
            return "open", "", f"{calls.getvalue()}{e}"


def read(file):
    """Reads the list of orders."""
    with contextlib.nullcontext(sys.stdin) if file == "-" else open(file, encoding="utf-8-sig", newline="") as lines:
        orders = list(csv.DictReader(lines, strict=True))
    for number, order in enumerate(orders, 2):
        missing = [column for column in COLUMNS if not order.get(column)]
        if missing:
            raise ValueError(f"line {number} has no {' and no '.join(missing)}")
    return orders


def main(arguments):
    if len(arguments) != 2 or "{project_id}" not in arguments[0] or "{instance_id}" not in arguments[0]:
        print("usage: reconcile.py URL ORDERS, with {project_id} and {instance_id} in URL", file=sys.stderr)
        return WrongCall.exit_status
    url, file = arguments
    try:
        orders = read(file)
        sign = signer()
    except (OSError, ValueError, csv.Error, WrongCall) as e:
        print(f"{file}: {e}", file=sys.stderr)
        return WrongCall.exit_status
    output = csv.writer(sys.stdout, lineterminator="\n")
    any_open = False
    for number, order in enumerate(orders, 1):
        state, purchase_id, reason = reconcile(url, order, sign)
        output.writerow([order["order"], state, purchase_id])
        sys.stdout.flush()
        if sys.stderr.isatty() and not sys.stdout.isatty():
            print(f"\r[{'#' * (30 * number // len(orders)):30}] {number} of {len(orders)} ", end="", file=sys.stderr)
        if state == "open":
            any_open = True
            print(f"{order['order']}: {reason}", file=sys.stderr)
    return OutcomeUnknown.exit_status if any_open else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
