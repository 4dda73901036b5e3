"""What one request carries."""

from dataclasses import dataclass, field

from strawberry.types import Info as StrawberryInfo

from actions.carriers import Carriers, nobody
from actions.desk import Desk
from actions.gateways import Gateways
from domain.viewer import Viewer
from realtime.hub import Hub
from resolvers.loaders import Loaders
from resolvers.statement import Clock, utc_now


@dataclass(kw_only=True)
class Context:
    """One for each operation. `viewer` may be replaced while a subscription runs; every event looks again."""

    viewer: Viewer
    clock: Clock = utc_now
    hub: Hub | None = None
    counter: Desk | None = None
    gateways: Gateways = field(default_factory=lambda: Gateways({}))
    carriers: Carriers = field(default_factory=nobody)
    is_production: bool = False
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    @property
    def facts(self) -> Hub:
        """Where subscriptions hear of facts."""
        assert self.hub is not None, "a server that takes subscriptions has a hub"
        return self.hub

    @property
    def desk(self) -> Desk:
        """Where orders are placed and carts reserved."""
        assert self.counter is not None, "a server that takes orders has a desk"
        return self.counter

    def forget(self) -> None:
        """Read everything anew from here on: after a write, and before each event of a subscription."""
        self.loaders = Loaders(self.viewer, self.clock)


Info = StrawberryInfo[Context, None]
