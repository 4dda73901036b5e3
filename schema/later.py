"""What would be imported in a circle: types that these files show and that show theirs, found when the graph is built."""

from typing import Annotated

import strawberry

Order = Annotated["Order", strawberry.lazy("schema.orders")]  # type: ignore[misc]  # mypy does not follow lazy types
ORDER_VERSION = "The order's version that you read; another one is refused."
