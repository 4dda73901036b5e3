"""Things with an id of their own, and how to find one by nothing else."""

from typing import Any

import strawberry
from strawberry import Parent

from resolvers import nodes
from resolvers.context import Info
from resolvers.sources import ANYBODY, Identity, Source
from schema.fields import root, via


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    @strawberry.field(
        description="Names this thing in the whole graph; opaque, and never given to another.",
        metadata={Source: Identity()},
    )
    def id(self: Parent[Any], info: Info) -> strawberry.ID:
        return strawberry.ID(nodes.identity(self, info))


@root
class NodeQueries:
    node: Node | None = via("The thing with this id, if you may see it.", nodes.node, needs=ANYBODY)
