"""The catalogue as clients see it: products, their variants, prices and substitutes."""

from enum import Enum

import strawberry

import models
from domain.permissions import Permission
from resolvers.visible import PRICES, PRODUCTS, SUBSTITUTES, VARIANTS
from schema.channels import Channel
from schema.fields import column, connection, find, graph, many, money, one, root
from schema.filters import among, equals, matches
from schema.nodes import Node
from schema.values import Connection, Money

READ = Permission.READ_CATALOGUE


@graph(models.Price, "What a variant costs in one channel.", scope=PRICES, needs=READ)
class Price:
    amount: Money = money("The price of one unit.", "amount_minor")
    channel: Channel = one("Where it holds.")


@graph(models.Substitute, "What may be sent instead.", scope=SUBSTITUTES, needs=READ)
class Substitute:
    rank: int = column("Lower is better.")
    variant: "Variant" = one("The variant to send.", "substitute")


@strawberry.enum(description="How variants may be listed.")
class VariantSort(Enum):
    SKU = "sku"
    NAME = "name"


@strawberry.input(description="Which variants.")
class VariantFilter:
    skus: list[str] | None = among("sku")
    name: str | None = matches("name")


@graph(models.Variant, "Something that can be bought, with a SKU of its own.", scope=VARIANTS, needs=READ)
class Variant(Node):
    sku: str = column("Its stock-keeping unit, unique here.")
    name: str = column("What it is called.")
    barcode: str | None = column("EAN or UPC, where it has one.")
    weight_grams: int = column("Weight in grams, wrapping included.")
    length_mm: int = column("Length in millimetres.")
    width_mm: int = column("Width in millimetres.")
    height_mm: int = column("Height in millimetres.")
    tax_class: str = column("Which tax rates apply.")
    is_active: bool = column("Whether it can be ordered.")
    version: int = column("Counts its changes.")
    product: "Product" = one("What it is a variant of.")
    prices: list[Price] = many("What it costs, by channel.", order_by="channel_id")
    substitutes: list[Substitute] = many("What may be sent instead, best first.", order_by="rank")


@strawberry.enum(description="How products may be listed.")
class ProductSort(Enum):
    NAME = "name"
    CODE = "code"


@strawberry.input(description="Which products.")
class ProductFilter:
    code: str | None = equals("code")
    name: str | None = matches("name")


@graph(models.Product, "What is sold, in one or more variants.", scope=PRODUCTS, needs=READ)
class Product(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What it is called.")
    category: str = column("What it is filed under.")
    description: str = column("What a customer reads about it.")
    is_active: bool = column("Whether it is sold.")
    version: int = column("Counts its changes.")
    variants: list[Variant] = many("What of it can be bought.", order_by="sku")


@root
class CatalogueQueries:
    product: Product | None = find("The product with this id.")
    product_by_code: Product | None = find("The product with this short name.", code=str)
    products: Connection[Product] = connection("Products you may see.", sort=ProductSort, where=ProductFilter)
    variant: Variant | None = find("The variant with this id.")
    variant_by_sku: Variant | None = find("The variant with this SKU.", sku=str)
    variants: Connection[Variant] = connection("Variants you may see.", sort=VariantSort, where=VariantFilter)
