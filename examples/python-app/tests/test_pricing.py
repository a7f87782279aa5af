from decimal import Decimal
from itertools import product

import pytest

from app import pricing
from app.catalogue import UnknownProduct


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("0", "0.00"), ("0.004", "0.00"), ("0.005", "0.01"), ("0.015", "0.02"), ("1.115", "1.12"), ("2.675", "2.68"),
     ("9.994", "9.99"), ("9.995", "10.00"), ("-0.005", "-0.01"), ("1000000.001", "1000000.00")],
)
def test_cents_are_rounded_half_up(amount, expected):
    assert pricing.rounded(Decimal(amount)) == Decimal(expected)


@pytest.mark.parametrize(
    ("count", "percent"),
    [(1, 0), (9, 0), (10, 5), (11, 5), (49, 5), (50, 10), (51, 10), (99, 10), (100, 15), (101, 15), (1000, 15)],
)
def test_more_of_one_product_costs_less_each(count, percent):
    assert pricing.bulk_discount(count) == Decimal(percent) / 100


@pytest.mark.parametrize(
    ("sku", "count", "expected"),
    [("PEN-01", 1, "39.90"), ("PEN-01", 2, "79.80"), ("PEN-01", 10, "379.05"), ("INK-05", 3, "37.50"),
     ("INK-05", 50, "562.50"), ("PAD-A5", 7, "50.75"), ("PAD-A5", 11, "75.76"), ("BAG-10", 100, "2040.00"),
     ("CLP-99", 1, "0.03"), ("CLP-99", 10, "0.29"), ("CLP-99", 50, "1.35"), ("CLP-99", 1000, "25.50")],
)
def test_a_line_costs_price_times_count_less_bulk(sku, count, expected):
    assert pricing.line_total(sku, count) == Decimal(expected)


@pytest.mark.parametrize("count", [-1000, -1, 0, 1001, 10**9])
def test_a_count_out_of_range_is_refused(count):
    with pytest.raises(pricing.BadBasket, match="between 1 and 1000"):
        pricing.line_total("PEN-01", count)


@pytest.mark.parametrize(
    ("basket", "shipping"),
    [({"PAD-A5": 1}, "4.90"), ({"BAG-10": 2}, "4.90"), ({"INK-05": 4}, "0.00"), ({"PEN-01": 1, "INK-05": 1}, "0.00"),
     ({"PEN-01": 1, "PAD-A5": 1}, "4.90"), ({"CLP-99": 1000}, "4.90")],
)
def test_shipping_is_free_from_fifty_on(basket, shipping):
    assert pricing.quote(basket).shipping == Decimal(shipping)


@pytest.mark.parametrize(
    ("voucher", "discount", "total"),
    [(None, "0.00", "79.80"), ("SPRING10", "7.98", "71.82"), ("STAFF25", "19.95", "59.85")],
)
def test_a_voucher_takes_its_share(voucher, discount, total):
    quote = pricing.quote({"PEN-01": 2}, voucher)
    assert (quote.discount, quote.total) == (Decimal(discount), Decimal(total))


def test_a_voucher_can_cost_the_free_shipping():
    assert pricing.quote({"INK-05": 4}, "SPRING10").shipping == pricing.SHIPPING


@pytest.mark.parametrize("voucher", ["", "spring10", "SPRING10 ", "FREE"])
def test_an_unknown_voucher_is_refused(voucher):
    with pytest.raises(pricing.BadBasket, match="there is no voucher"):
        pricing.quote({"PEN-01": 1}, voucher)


def test_an_empty_basket_is_refused():
    with pytest.raises(pricing.BadBasket, match="empty"):
        pricing.quote({})


def test_an_unknown_product_is_refused():
    with pytest.raises(UnknownProduct):
        pricing.quote({"PEN-01": 1, "PEN-02": 1})


@pytest.mark.parametrize(("sku", "count"), list(product(["PEN-01", "CLP-99"], [1, 9, 10, 100, 1000])))
def test_a_quote_adds_up(sku, count):
    quote = pricing.quote({sku: count, "BAG-10": 1}, "SPRING10")
    assert quote.goods == pricing.line_total(sku, count) + Decimal("24.00")
    assert quote.total == quote.goods - quote.discount + quote.shipping
    assert quote.total == quote.total.quantize(pricing.CENT)
