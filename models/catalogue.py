"""Products, their variants (what has a SKU), prices per channel, substitutes and tax rates."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.substitution import SubstitutePrice
from models.channels import Channel
from models.columns import key, version
from models.organizations import Organization


class Product(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="products", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=300)
    category = fields.CharField(max_length=100, default="")
    description = fields.TextField(default="")
    is_active = fields.BooleanField(default=True)
    version: int = version()

    variants: fields.ReverseRelation["Variant"]

    class Meta:
        table = "products"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "name", "id"), ("organization_id", "code", "id"))


class Variant(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="variants", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField(
        "models.Product", related_name="variants", on_delete=fields.RESTRICT, db_index=True
    )
    product_id: UUID
    sku = fields.CharField(max_length=64)
    name = fields.CharField(max_length=300)
    barcode = fields.CharField(max_length=64, null=True)
    weight_grams = fields.IntField(default=0)
    length_mm = fields.IntField(default=0)
    width_mm = fields.IntField(default=0)
    height_mm = fields.IntField(default=0)
    tax_class = fields.CharField(max_length=32, default="standard")
    is_active = fields.BooleanField(default=True)
    is_kit = fields.BooleanField(default=False)
    version: int = version()

    prices: fields.ReverseRelation["Price"]
    substitutes: fields.ReverseRelation["Substitute"]

    class Meta:
        table = "variants"
        unique_together = (("organization", "sku"),)
        indexes = (("organization_id", "sku", "id"), ("organization_id", "name", "id"))


class Price(Model):
    """What a variant costs in a channel, in minor units of the channel's currency."""

    id: UUID = key()
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="prices", on_delete=fields.CASCADE
    )
    variant_id: UUID
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="prices", on_delete=fields.CASCADE
    )
    channel_id: UUID
    currency = fields.CharField(max_length=3)
    amount_minor = fields.BigIntField()

    class Meta:
        table = "prices"
        unique_together = (("variant", "channel", "currency"),)


class Substitute(Model):
    """What may be sent instead, best first by `rank`; automatic to customers who allow it, else when one says yes."""

    id: UUID = key()
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="substitutes", on_delete=fields.CASCADE
    )
    variant_id: UUID
    substitute: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="substitute_for", on_delete=fields.CASCADE
    )
    substitute_id: UUID
    rank = fields.IntField(default=0)
    price_rule = fields.CharEnumField(
        SubstitutePrice,
        max_length=32,
        default=SubstitutePrice.LOWER_OF_BOTH,
        db_default=SubstitutePrice.LOWER_OF_BOTH.value,
    )
    is_automatic = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "substitutes"
        unique_together = (("variant", "substitute"),)


class TaxRate(Model):
    """Parts per million of the price by tax class and place; `region` empty stands for the whole country."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="tax_rates", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    tax_class = fields.CharField(max_length=32)
    country = fields.CharField(max_length=2)
    region = fields.CharField(max_length=100, default="")
    rate_ppm = fields.IntField()

    class Meta:
        table = "tax_rates"
        unique_together = (("organization", "tax_class", "country", "region"),)
        indexes = (("organization_id", "country", "region", "tax_class", "id"),)
