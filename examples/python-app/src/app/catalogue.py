"""What is for sale."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    price: Decimal


class UnknownProduct(KeyError):
    """No product has this number."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


_PRODUCTS = {
    product.sku: product
    for product in (
        Product("PEN-01", "Fountain pen", Decimal("39.90")),
        Product("INK-05", "Ink, 50 ml", Decimal("12.50")),
        Product("PAD-A5", "Writing pad", Decimal("7.25")),
        Product("BAG-10", "Canvas bag", Decimal("24.00")),
        Product("CLP-99", "Paper clip", Decimal("0.03")),
    )
}


def products() -> list[Product]:
    return list(_PRODUCTS.values())


def find(sku: str) -> Product:
    try:
        return _PRODUCTS[sku]
    except KeyError:
        raise UnknownProduct(sku) from None
