"""One view of a variant's stock: by location and in sum, now and on its way."""

import strawberry

from domain.permissions import Permission
from resolvers import positions as reading
from schema.catalogue import Variant
from schema.fields import root, via
from schema.locations import Location


@strawberry.type(description="How many units of a variant there are, and how many are on their way.")
class StockFigures:
    on_hand: int = strawberry.field(description="Units that lie there, in whatever condition.")
    allocated: int = strawberry.field(description="Units promised to orders.")
    reserved: int = strawberry.field(description="Units kept for carts.")
    damaged: int = strawberry.field(description="Units that cannot be sold.")
    quality_control: int = strawberry.field(description="Units held back until they are checked.")
    safety: int = strawberry.field(description="Units kept back from selling.")
    set_aside: int = strawberry.field(description="Units that only some buyers may have.")
    available: int = strawberry.field(
        description="Units that can still be promised to anybody; never below 0 at any location."
    )
    in_transit: int = strawberry.field(description="Units on their way there.")
    on_order: int = strawberry.field(description="Units ordered from vendors that are still to come.")
    planned: int = strawberry.field(description="Units that are planned and neither ordered nor on their way.")


@strawberry.type(description="A variant's stock at one location.")
class LocationStock:
    location: Location = strawberry.field(description="Where.")
    figures: StockFigures = strawberry.field(description="How many units.")


@strawberry.type(description="All there is to say about a variant's stock, at the locations you may see.")
class StockPosition:
    variant: Variant = strawberry.field(description="Of what.")
    total: StockFigures = strawberry.field(description="Over all those locations.")
    locations: list[LocationStock] = strawberry.field(description="By location, in the order of their codes.")
    backordered: int = strawberry.field(description="Units that orders wait for, wherever they will come from.")
    at_vendors: int = strawberry.field(description="Units that vendors still have to send to customers themselves.")


@root
class PositionQueries:
    stock_position: StockPosition | None = via(
        "What there is of a variant, where it lies, what is on its way and who waits for it.",
        reading.position,
        needs=Permission.READ_STOCK,
    )
