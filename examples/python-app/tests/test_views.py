import pytest

from app import __version__, create_app


@pytest.fixture
def client():
    return create_app().test_client()


def test_health_tells_what_runs(client, monkeypatch):
    monkeypatch.setenv("RELEASE", "0123456789ab")
    monkeypatch.setenv("APP_ENVIRONMENT", "staging")
    assert client.get("/healthz").get_json() == {
        "status": "ok", "version": __version__, "release": "0123456789ab", "environment": "staging"}


def test_products_are_listed_with_prices_as_text(client):
    listed = client.get("/products").get_json()
    assert {"sku": "PEN-01", "name": "Fountain pen", "price": "39.90"} in listed


@pytest.mark.parametrize(
    ("body", "total"),
    [({"basket": {"PEN-01": 1}}, "44.80"), ({"basket": {"PEN-01": 2}}, "79.80"),
     ({"basket": {"PEN-01": 2}, "voucher": "SPRING10"}, "71.82"), ({"basket": {"BAG-10": 100}}, "2040.00"),
     ({"basket": {"CLP-99": 1}, "voucher": None}, "4.93")],
)
def test_a_basket_is_quoted(client, body, total):
    answer = client.post("/quote", json=body)
    assert (answer.status_code, answer.get_json()["total"]) == (200, total)


@pytest.mark.parametrize(
    "body",
    [None, [], "basket", {}, {"basket": None}, {"basket": []}, {"basket": {}}, {"basket": {"PEN-01": 0}},
     {"basket": {"PEN-01": "1"}}, {"basket": {"PEN-01": 1.5}}, {"basket": {"PEN-01": True}},
     {"basket": {"PEN-01": 1}, "voucher": 10}, {"basket": {"PEN-01": 1}, "voucher": "NONE"}],
)
def test_a_bad_basket_is_refused_with_its_reason(client, body):
    answer = client.post("/quote", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_an_unknown_product_is_not_found(client):
    answer = client.post("/quote", json={"basket": {"PEN-02": 1}})
    assert (answer.status_code, answer.get_json()) == (404, {"error": "there is no product PEN-02"})


def test_what_is_no_json_is_refused(client):
    assert client.post("/quote", data="basket=1").status_code == 400
