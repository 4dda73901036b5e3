"""One view of a variant's stock: by location and in sum, now and by date, and who wants it."""

from datetime import date

import strawberry

from domain.permissions import Permission
from resolvers import positions as reading
from schema.catalogue import Variant
from schema.enums import DemandKind
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


@strawberry.type(description="How many units of a variant are wanted, of one kind.")
class StockDemand:
    kind: DemandKind = strawberry.field(description="By whom, or how far they are.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.type(description="Units that are expected on one day.")
class ComingStock:
    on: date = strawberry.field(description="The day; one that is over means that they are late.")
    in_transit: int = strawberry.field(description="Units on their way.")
    on_order: int = strawberry.field(description="Units ordered from vendors.")
    planned: int = strawberry.field(description="Units that are planned and neither ordered nor on their way.")


@strawberry.type(description="What comes on one day, and what is free after it.")
class ProjectedStock:
    coming: ComingStock = strawberry.field(description="What comes.")
    free: int = strawberry.field(
        description="Units that can be promised then if everything comes and nobody wants more; in the sum over all"
        " locations without those that orders wait for, and below 0 while there are too few for them."
    )


@strawberry.type(description="A variant's stock at one location.")
class LocationStock:
    location: Location = strawberry.field(description="Where.")
    figures: StockFigures = strawberry.field(description="How many units.")
    demand: list[StockDemand] = strawberry.field(description="What is wanted from there.")
    by_date: list[ProjectedStock] = strawberry.field(description="What will be there, the soonest first.")


@strawberry.type(description="All there is to say about a variant's stock, at the locations you may see.")
class StockPosition:
    variant: Variant = strawberry.field(description="Of what.")
    total: StockFigures = strawberry.field(description="Over all those locations.")
    demand: list[StockDemand] = strawberry.field(
        description="What is wanted, by kind; also what belongs to no location yet."
    )
    by_date: list[ProjectedStock] = strawberry.field(description="What there will be, the soonest first.")
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
