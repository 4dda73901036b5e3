"""Facts as clients see them: what happened, in the past tense."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

import models
from domain.facts import FactKind
from domain.permissions import Permission
from resolvers import facts
from resolvers.sources import ANYBODY
from resolvers.visible import FACTS
from schema.fields import column, graph, via

INTERNAL = Permission.READ_ORGANIZATION

strawberry.enum(FactKind, description="What sort of thing happened.")


@graph(
    models.LoggedFact,
    "Something that happened; it is never changed or taken back.",
    scope=FACTS,
    needs=ANYBODY,  # it is reached only through something else: an order's time line, a message of a subscription
)
class Fact:
    kind: FactKind = column("What happened.")
    at: datetime = column("When.", "recorded_at")
    actor: str = column("Who did it.", needs=INTERNAL)
    details: JSON = via(
        "What changed by it, ids as plain text; what is in it depends on its kind, and on whether you may see payments.",
        facts.details,
        needs=INTERNAL,
    )
    order_id: strawberry.ID | None = column("The order it is about.", of="Order")
    fulfilment_id: strawberry.ID | None = column("The fulfilment it is about.", of="Fulfilment")
    location_id: strawberry.ID | None = column("Where it happened.", of="Location")
    variant_id: strawberry.ID | None = column("The variant it is about.", of="Variant")
    customer_id: strawberry.ID | None = column("The customer it is about.", of="Customer")
    channel_id: strawberry.ID | None = column("The channel it is about.", of="Channel")
