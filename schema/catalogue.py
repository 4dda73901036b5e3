"""The catalogue as clients see it: products, their variants, prices and substitutes."""

from datetime import date, datetime
from enum import Enum

import strawberry
from strawberry import UNSET

import models
from actions import catalogue as keeping
from actions import markdowns, prices
from actions.backordering import terms
from actions.inventory import MAX_UNITS
from domain.permissions import Permission
from resolvers.visible import (
    BACKORDER_TERMS,
    CHANNEL_BACKORDER_TERMS,
    KIT_COMPONENTS,
    MARKDOWN_CREDITS,
    PRICES,
    PRODUCTS,
    SUBSTITUTES,
    TAX_RATES,
    VARIANTS,
)
from schema.channels import Channel
from schema.enums import SubstitutePrice
from schema.fields import column, connection, find, graph, many, money, one, root
from schema.filters import among, equals, matches
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection, Minor, Money

READ = Permission.READ_CATALOGUE
CHANGE = Permission.CHANGE_CATALOGUE
VERSION = "The version you read; refused if it has changed since."


@graph(models.Price, "What a variant costs in one channel.", scope=PRICES, needs=READ)
class Price:
    amount: Money = money("The price of one unit.", "amount_minor")
    channel: Channel = one("Where it holds.")


@graph(
    models.ChannelBackorderTerms,
    "A variant's own launch and limit in one channel.",
    scope=CHANNEL_BACKORDER_TERMS,
    needs=READ,
)
class ChannelBackorderTerms:
    channel: Channel = one("Where they hold.")
    launches_at: datetime | None = column(
        "Before this nothing of it is sent to buyers of the channel; null where it is the variant's launch that holds."
    )
    ships_by: date | None = column("By which day what is pre-ordered there now is to be sent.")
    launched_at: datetime | None = column("When those who pre-ordered there had been served; null before that.")
    limit_units: int | None = column(
        "How many units that were ordered there may wait at once, beside the variant's limit; null for none.",
        needs=Permission.READ_STOCK,
    )


@graph(
    models.BackorderTerms,
    "How many units of a variant may wait for stock, and from when on it is sent.",
    scope=BACKORDER_TERMS,
    needs=READ,
)
class BackorderTerms:
    launches_at: datetime | None = column("Before this nothing of it is sent: whoever orders it pre-orders.")
    ships_by: date | None = column("By which day what is pre-ordered now is to be sent.")
    launched_at: datetime | None = column("When those who pre-ordered had been served; null before that.")
    limit_units: int | None = column(
        "How many units may wait at once, pre-ordered ones included; null for any number.", needs=Permission.READ_STOCK
    )


@graph(
    models.MarkdownCredit,
    "What it is worth to be rid of a unit where it lies, before its price has to be cut: routing takes such units first.",
    scope=MARKDOWN_CREDITS,
    needs=Permission.READ_ROUTING,
)
class MarkdownCredit:
    unit_minor: Minor = column("What a unit is worth, in the smallest unit of the organization's currency.")
    location: Location | None = one("Where it lies.")


@graph(models.Substitute, "What may be sent instead.", scope=SUBSTITUTES, needs=READ)
class Substitute:
    rank: int = column("Lower is better.")
    price_rule: SubstitutePrice = column("What the customer pays for it.")
    is_automatic: bool = column("Whether it is sent without asking to those who allow substitutes.")
    variant: "Variant" = one("The variant to send.", "substitute")


@graph(models.KitComponent, "What a kit has several or one of.", scope=KIT_COMPONENTS, needs=READ)
class KitComponent:
    quantity: int = column("How many units one kit has.")
    variant: "Variant" = one("Of what.", "component_variant")


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
    is_kit: bool = column("Whether it is sold as one and made of other variants; it has no stock of its own.")
    version: int = column("Counts its changes.")
    product: "Product" = one("What it is a variant of.")
    prices: list[Price] = many("What it costs, by channel.", order_by="channel_id")
    backorder_terms: BackorderTerms | None = one("How it may be ordered when there is none; null for without limits.")
    channel_backorder_terms: list[ChannelBackorderTerms] = many(
        "What channels have for themselves of that: a launch instead of the variant's, a limit beside it.",
        order_by="channel_id",
    )
    markdown_credits: list[MarkdownCredit] = many("Where units of it had better go.", order_by="location_id")
    substitutes: list[Substitute] = many("What may be sent instead, best first.", order_by="rank")
    kit_components: list[KitComponent] = many("What one kit has now; nothing if it is no kit.", order_by="id")


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


@graph(
    models.TaxRate,
    "What tax applies to a class of goods in a place.",
    scope=TAX_RATES,
    needs=Permission.READ_ORGANIZATION,
)
class TaxRate(Node):
    tax_class: str = column("The class of goods.")
    country: str = column("ISO 3166 code of the country.")
    region: str = column("State or province; empty for the whole country.")
    rate_ppm: int = column("The rate in parts per million: 82,500 is 8.25 %.")


@strawberry.enum(description="How tax rates may be listed.")
class TaxRateSort(Enum):
    PLACE = "country, region, tax_class"


@root
class CatalogueQueries:
    product: Product | None = find("The product with this id.")
    product_by_code: Product | None = find("The product with this short name.", code=str)
    products: Connection[Product] = connection("Products you may see.", sort=ProductSort, where=ProductFilter)
    variant: Variant | None = find("The variant with this id.")
    variant_by_sku: Variant | None = find("The variant with this SKU.", sku=str)
    variants: Connection[Variant] = connection("Variants you may see.", sort=VariantSort, where=VariantFilter)
    tax_rates: Connection[TaxRate] = connection("Every tax rate.", sort=TaxRateSort)


@strawberry.input(description="A product, new or known by its short name; what is silent stays.")
class UpsertProductInput:
    code: str = given("Its short name, unique here.", at_most=64)
    name: str | None = given("What it is called.", default=UNSET, at_most=300)
    category: str | None = given("What it is filed under.", default=UNSET, at_most=100)
    description: str | None = given("What a customer reads about it.", default=UNSET, at_most=10_000)
    is_active: bool | None = given("Whether it is sold.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="A variant, new or known by its SKU; what is silent stays.")
class UpsertVariantInput:
    sku: str = given("Its stock-keeping unit, unique here.", at_most=64)
    product_id: strawberry.ID | None = ref("What it is a variant of.", "Product", default=UNSET)
    name: str | None = given("What it is called.", default=UNSET, at_most=300)
    barcode: str | None = given("EAN or UPC; null for none.", default=UNSET, at_most=64)
    weight_grams: int | None = given("Weight in grams, wrapping included.", default=UNSET, at_least=0)
    length_mm: int | None = given("Length in millimetres.", default=UNSET, at_least=0)
    width_mm: int | None = given("Width in millimetres.", default=UNSET, at_least=0)
    height_mm: int | None = given("Height in millimetres.", default=UNSET, at_least=0)
    tax_class: str | None = given("Which tax rates apply.", default=UNSET, at_most=32)
    is_active: bool | None = given("Whether it can be ordered.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Which product.")
class OneProductInput:
    product_id: strawberry.ID = ref("The product.", "Product")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Which variant.")
class OneVariantInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="What may be sent instead, in the place of what was listed before.")
class SetSubstitutesInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    substitute_ids: list[strawberry.ID] = ref("Other variants, best first.", "Variant")
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="On what terms one of a variant's substitutes is sent; what is silent stays.")
class SetSubstituteTermsInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    substitute_id: strawberry.ID = ref("One of its substitutes.", "Variant")
    price_rule: SubstitutePrice | None = given("What the customer pays for it.", default=UNSET)
    is_automatic: bool | None = given("Whether it is sent without asking to those who allow it.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="What it is worth to be rid of a unit at a location.")
class LocationCreditInput:
    location_id: strawberry.ID = ref("Where it lies.", "Location")
    unit_minor: Minor = given("What that is worth, in the smallest unit of the organization's currency.", at_least=1)


@strawberry.input(description="Where units of a variant had better go, in the place of what was listed before.")
class SetMarkdownCreditsInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    credits: list[LocationCreditInput] = given("Each location once.", at_most=markdowns.MOST_LOCATIONS)
    expected_version: int | None = given("The variant's version you read.", default=UNSET)


@strawberry.input(description="How a variant may be ordered when there is none; what is silent stays.")
class SetBackorderTermsInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    limit_units: int | None = given(
        "How many units may wait at once, pre-ordered ones included; null for any number.",
        default=UNSET,
        at_least=0,
        at_most=MAX_UNITS,
    )
    launches_at: datetime | None = given("Before this nothing of it is sent; null for none.", default=UNSET)
    ships_by: date | None = given("By which day what is pre-ordered is to be sent; null for none.", default=UNSET)
    expected_version: int | None = given("The variant's version you read.", default=UNSET)


@strawberry.input(description="A variant's own launch and limit in one channel; what is silent stays.")
class SetChannelBackorderTermsInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    channel_id: strawberry.ID = ref("Where they hold.", "Channel")
    limit_units: int | None = given(
        "How many units that are ordered there may wait at once, beside the variant's limit; null for none.",
        default=UNSET,
        at_least=0,
        at_most=MAX_UNITS,
    )
    launches_at: datetime | None = given(
        "Before this nothing of it is sent to buyers of the channel; null for the variant's launch.", default=UNSET
    )
    ships_by: date | None = given("By which day what is pre-ordered there is to be sent; null for none.", default=UNSET)
    expected_version: int | None = given("The variant's version you read.", default=UNSET)


@strawberry.input(description="What a variant costs in a channel.")
class SetPriceInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    channel_id: strawberry.ID = ref("Where it costs that.", "Channel")
    amount_minor: Minor = given("The price of one unit, in the currency's smallest unit.", at_least=0)
    currency: str | None = given("ISO 4217 code; the channel's currency if silent.", default=UNSET, at_most=3)
    expected_version: int | None = given("The variant's version you read.", default=UNSET)


@strawberry.input(description="A price that ends; without one, the channel does not sell the variant.")
class RemovePriceInput:
    variant_id: strawberry.ID = ref("The variant.", "Variant")
    channel_id: strawberry.ID = ref("Where it had a price.", "Channel")
    currency: str | None = given("ISO 4217 code; the channel's currency if silent.", default=UNSET, at_most=3)
    expected_version: int | None = given("The variant's version you read.", default=UNSET)


@strawberry.input(description="A tax rate, new or in the place of the one there is.")
class SetTaxRateInput:
    tax_class: str = given("The class of goods.", at_most=32)
    country: str = given("ISO 3166 code of the country.", at_most=2)
    region: str | None = given("State or province; the whole country if silent.", default=UNSET, at_most=100)
    rate_ppm: int = given("The rate in parts per million: 82,500 is 8.25 %.", at_least=0, at_most=prices.MOST_PPM)


@root
class CatalogueMutations:
    upsert_product: Product = action("Keep a product.", keeping.upsert_product, UpsertProductInput, needs=CHANGE)
    upsert_variant: Variant = action("Keep a variant.", keeping.upsert_variant, UpsertVariantInput, needs=CHANGE)
    deactivate_product: Product = action(
        "Sell a product no more; orders that hold it go on.", keeping.deactivate_product, OneProductInput, needs=CHANGE
    )
    deactivate_variant: Variant = action(
        "Sell a variant no more; orders that hold it go on.", keeping.deactivate_variant, OneVariantInput, needs=CHANGE
    )
    set_substitutes: Variant = action(
        "Say what may be sent instead.", keeping.set_substitutes, SetSubstitutesInput, needs=CHANGE
    )
    set_substitute_terms: Variant = action(
        "Say what a substitute costs, and whether it is sent without asking.",
        keeping.set_substitute_terms,
        SetSubstituteTermsInput,
        needs=CHANGE,
    )
    set_markdown_credits: Variant = action(
        "Say where units of a variant had better go. Routing then takes a parcel to be dearer from elsewhere by the credit "
        "that is given up; costs that it tells are without it.",
        markdowns.set_credits,
        SetMarkdownCreditsInput,
        needs=Permission.CHANGE_ROUTING,
    )
    set_backorder_terms: Variant = action(
        "Say how many units of a variant may wait for stock, and from when on it is sent. Orders that wait follow a "
        "launch that is moved.",
        terms.set_terms,
        SetBackorderTermsInput,
        needs=CHANGE,
    )
    set_channel_backorder_terms: Variant = action(
        "Give a variant a launch of its own in a channel, which holds there instead of the variant's, or a limit of what "
        "waits there beside the variant's.",
        terms.set_channel_terms,
        SetChannelBackorderTermsInput,
        needs=CHANGE,
    )
    set_price: Variant = action("Say what a variant costs.", prices.set_price, SetPriceInput, needs=CHANGE)
    remove_price: Variant = action("End a price.", prices.remove_price, RemovePriceInput, needs=CHANGE)
    set_tax_rate: TaxRate = action(
        "Say what tax applies.", prices.set_tax_rate, SetTaxRateInput, needs=Permission.CHANGE_ORGANIZATION
    )
