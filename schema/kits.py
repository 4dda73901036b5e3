"""Kits as clients see them: what they are made of, and how many can be put together where."""

import strawberry
from strawberry import UNSET

from actions import kits as keeping
from actions.orders import parting
from domain.errors import IllegalTransition
from domain.kits import MAX_COMPONENTS, MAX_UNITS_EACH
from domain.permissions import Permission
from resolvers import kits
from schema.catalogue import VERSION, Variant
from schema.fields import root, via
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.locations import Location
from schema.mutations import action


@strawberry.type(description="How many kits one location could put together of what is free there.")
class BuildableKits:
    location: Location = strawberry.field(description="Where.")
    kits: int = strawberry.field(description="How many whole kits.")


@strawberry.input(description="What a kit has several or one of.")
class KitComponentInput:
    variant_id: strawberry.ID = ref("Of what; never a kit itself.", "Variant")
    quantity: int = given("How many units one kit has.", at_least=1, at_most=MAX_UNITS_EACH)


@strawberry.input(description="What a kit is made of, in the place of what was listed before.")
class SetKitComponentsInput:
    variant_id: strawberry.ID = ref("The kit: a variant without stock, open orders or expected goods.", "Variant")
    components: list[KitComponentInput] = given(
        "Everything one kit has; nothing makes it an ordinary variant again.", at_most=MAX_COMPONENTS
    )
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Kits of an order to part.")
class PartKitInput:
    kit_id: strawberry.ID = ref("The order's kits.", "OrderKit")
    reason: str = given("Why half of a kit is better than none.", at_least=1, at_most=parting.MAX_REASON_CHARACTERS)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@root
class KitQueries:
    buildable_kits: list[BuildableKits] = via(
        "Where how many of a kit could be put together for a channel, by location.",
        kits.buildable,
        needs=Permission.READ_STOCK,
    )


@root
class KitMutations:
    set_kit_components: Variant = action(
        "Say what a kit is made of. Orders that are placed keep what theirs were made of.",
        keeping.set_kit_components,
        SetKitComponentsInput,
        needs=Permission.CHANGE_CATALOGUE,
    )
    part_kit: Order = action(
        "Let the components of an order's kits go their own ways: they may then be shipped, cancelled and sought apart. It "
        "cannot be undone.",
        parting.part,
        PartKitInput,
        refuses=(IllegalTransition,),
        needs=Permission.CHANGE_ORDERS,
    )
