"""The API matches its description: tested with Schemathesis and with a generated client."""

import subprocess
import sys
import uuid

import pytest

import stack


def run(*command):
    result = subprocess.run(command, cwd=stack.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, result.stdout


def test_schemathesis_finds_nothing_wrong(local_api):
    run("st", "--config-file", ".ci/schemathesis.toml", "run", f"{local_api.url}/docs/openapi.json")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The client that openapi-generator creates from openapi.yaml."""
    directory = tmp_path_factory.mktemp("client")
    run("openapi-generator-cli", "generate", "--generator-name", "python", "--input-spec", "openapi.yaml",
        "--output", str(directory), "--package-name", "market_reserve_client")
    sys.path.insert(0, str(directory))
    import market_reserve_client

    yield market_reserve_client
    sys.path.remove(str(directory))


def reserve(client, url, project_id, instance_id, domain_id, group_id, **options):
    with client.ApiClient(client.Configuration(host=url)) as connection:
        return client.DefaultApi(connection).reserve_api_group(
            project_id, instance_id, domain_id, client.ReserveRequest(group_id=group_id), **options)


def test_a_generated_client_handles_reservations_replays_and_conflicts(client, local_api, tenant):
    group = str(uuid.uuid4())
    reservation = reserve(client, local_api.url, *tenant, group, idempotency_key="order-1")
    assert (type(reservation), reservation.group_id) == (client.Reservation, group)
    assert reserve(client, local_api.url, *tenant, group, idempotency_key="order-1") == reservation
    with pytest.raises(client.ApiException) as conflict:
        reserve(client, local_api.url, *tenant, group)
    assert conflict.value.status == 409
    assert type(conflict.value.data) is client.Conflict
    assert (conflict.value.data.error_code, conflict.value.data.purchase_id) == ("APIG.3402", reservation.purchase_id)


@pytest.mark.parametrize("status", [400, 403, 409, 500])
def test_a_generated_client_accepts_an_unknown_error_code(client, serve, status):
    error = {"error_code": "APIG.7777", "error_msg": "New.", "request_id": "id"}
    url = serve(lambda *call: (status, {}, error))
    with pytest.raises(client.ApiException) as failure:
        reserve(client, url, "project", "instance", "domain", "group")
    assert (failure.value.status, failure.value.data.error_code) == (status, "APIG.7777")
    assert type(failure.value.data) is (client.Conflict if status == 409 else client.Error)
