"""Things with an id of their own, and how to find one by nothing else."""

import strawberry

from resolvers import nodes
from resolvers.sources import ANYBODY, Identity, Source
from schema.fields import root, via


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(
        resolver=nodes.identity,
        description="Names this thing in the whole graph; opaque, and never given to another.",
        metadata={Source: Identity()},
    )


@root
class NodeQueries:
    node: Node | None = via("The thing with this id, if you may see it.", nodes.node, needs=ANYBODY)
