"""From a basket to what it costs. Money is Decimal, rounded half up to the cent, once, at the end of each line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app import catalogue

CENT = Decimal("0.01")
MOST_OF_ONE = 1000
FREE_SHIPPING_FROM = Decimal("50.00")
SHIPPING = Decimal("4.90")
VOUCHERS = {"SPRING10": Decimal("0.10"), "STAFF25": Decimal("0.25")}
# From this many of one product on, each costs this much less.
BULK = ((100, Decimal("0.15")), (50, Decimal("0.10")), (10, Decimal("0.05")))


class BadBasket(ValueError):
    """The basket can't be priced; the text says why."""


@dataclass(frozen=True)
class Quote:
    goods: Decimal
    discount: Decimal
    shipping: Decimal

    @property
    def total(self) -> Decimal:
        return self.goods - self.discount + self.shipping


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def bulk_discount(count: int) -> Decimal:
    for least, discount in BULK:
        if count >= least:
            return discount
    return Decimal(0)


def line_total(sku: str, count: int) -> Decimal:
    if not 1 <= count <= MOST_OF_ONE:
        raise BadBasket(f"{count} of {sku}: order between 1 and {MOST_OF_ONE}")
    return rounded(catalogue.find(sku).price * count * (1 - bulk_discount(count)))


def quote(basket: Mapping[str, int], voucher: str | None = None) -> Quote:
    if not basket:
        raise BadBasket("the basket is empty")
    if voucher is not None and voucher not in VOUCHERS:
        raise BadBasket(f"there is no voucher {voucher}")
    goods = sum((line_total(sku, count) for sku, count in basket.items()), Decimal("0.00"))
    discount = rounded(goods * VOUCHERS[voucher]) if voucher else Decimal("0.00")
    free = goods - discount >= FREE_SHIPPING_FROM
    return Quote(goods, discount, Decimal("0.00") if free else SHIPPING)
