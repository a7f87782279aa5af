"""The service over HTTP. Money is a string in JSON, so that no reader rounds it."""

import os
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app import catalogue, pricing

pages = Blueprint("pages", __name__)


@pages.get("/healthz")
def health() -> Response:
    return jsonify(
        status="ok",
        version=version("app"),
        release=os.environ.get("RELEASE", ""),
        environment=os.environ.get("APP_ENVIRONMENT", ""),
    )


@pages.get("/products")
def products() -> Response:
    return jsonify([{"sku": one.sku, "name": one.name, "price": str(one.price)} for one in catalogue.products()])


@pages.post("/quote")
def quote() -> Response:
    basket, voucher = _basket(request.get_json(silent=True))
    answer = pricing.quote(basket, voucher)
    return jsonify(
        goods=str(answer.goods),
        discount=str(answer.discount),
        shipping=str(answer.shipping),
        total=str(answer.total),
    )


@pages.errorhandler(pricing.BadBasket)
def bad_basket(error: pricing.BadBasket) -> tuple[Response, int]:
    return jsonify(error=str(error)), 400


@pages.errorhandler(catalogue.UnknownProduct)
def unknown_product(error: catalogue.UnknownProduct) -> tuple[Response, int]:
    return jsonify(error=f"there is no product {error.sku}"), 404


def _basket(body: Any) -> tuple[dict[str, int], str | None]:
    if not isinstance(body, dict) or not isinstance(body.get("basket"), dict):
        raise pricing.BadBasket('send {"basket": {"SKU": count}}')
    basket = body["basket"]
    if not all(type(count) is int for count in basket.values()):
        raise pricing.BadBasket("a count is a whole number")
    voucher = body.get("voucher")
    if voucher is not None and not isinstance(voucher, str):
        raise pricing.BadBasket("a voucher is a word")
    return basket, voucher
