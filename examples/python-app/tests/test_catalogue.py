from decimal import Decimal

import pytest

from app import catalogue

SKUS = ["PEN-01", "INK-05", "PAD-A5", "BAG-10", "CLP-99"]


def test_everything_for_sale_is_listed():
    assert [product.sku for product in catalogue.products()] == SKUS


@pytest.mark.parametrize("sku", SKUS)
def test_a_product_is_found_by_its_number(sku):
    assert catalogue.find(sku).sku == sku


@pytest.mark.parametrize("sku", SKUS)
def test_prices_are_positive_and_whole_cents(sku):
    price = catalogue.find(sku).price
    assert price > 0
    assert price == price.quantize(Decimal("0.01"))


@pytest.mark.parametrize("sku", ["", "pen-01", "PEN-01 ", "PEN", "None", "'; --"])
def test_an_unknown_number_is_refused_by_name(sku):
    with pytest.raises(catalogue.UnknownProduct) as raised:
        catalogue.find(sku)
    assert raised.value.sku == sku
