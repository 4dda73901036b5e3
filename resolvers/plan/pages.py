"""The text of a connection: an aggregate over numbered rows, each asked for the columns its text needs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from resolvers.keyset import Order, cursor_sql
from resolvers.paging import Slice
from resolvers.plan.selection import Unsupported, Wanted
from resolvers.plan.text import NULL, concat, quoted, record
from resolvers.statement import literal


@dataclass(slots=True)
class PageText:
    """Rows are numbered `n` the way they are read, one more than `size`, which tells whether there are more.

    `node` writes the text of one row and the joins it needs beside it, `count` that of `totalCount`.
    """

    alias: str
    order: Order
    asked: Slice
    size: str
    node: Callable[[list[Wanted]], tuple[str, str]]
    count: Callable[[], str]
    columns: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)

    def write(self, item: Wanted) -> str:
        return record([(part.key, self._part(part)) for part in item.below])

    def _part(self, part: Wanted) -> str:
        match part.name:
            case "nodes":
                return self._listed(self._node(part))
            case "edges":
                return self._listed(record([(each.key, self._edge(each)) for each in part.below]))
            case "pageInfo":
                return record([(each.key, self._info(each)) for each in part.below])
            case "totalCount":
                return self.count()
        return _typename(part)

    def _edge(self, part: Wanted) -> str:
        match part.name:
            case "node":
                return self._node(part)
            case "cursor":
                return quoted(cursor_sql(self.order, self.alias))
        return _typename(part)

    def _info(self, part: Wanted) -> str:
        more = f"(count(*) > {self.size})::text"
        ours, other = (
            ("hasPreviousPage", "hasNextPage") if self.asked.is_backward else ("hasNextPage", "hasPreviousPage")
        )
        if part.name == ours:
            return more
        if part.name == other:
            return literal("true" if any(self.asked.more(found=False)) else "false")
        match part.name:
            case "startCursor":
                return self._end("DESC" if self.asked.is_backward else "")
            case "endCursor":
                return self._end("" if self.asked.is_backward else "DESC")
        return _typename(part)

    def _end(self, way: str) -> str:
        slot = self._slot(cursor_sql(self.order, self.alias))
        first = f"(array_agg({slot} ORDER BY n {way}) FILTER (WHERE n <= {self.size}))[1]"
        return f"coalesce({quoted(first)}, {NULL})"

    def _node(self, part: Wanted) -> str:
        text, joins = self.node(part.below)
        self.joins.append(joins)
        return text

    def _listed(self, text: str) -> str:
        way = " DESC" if self.asked.is_backward else ""
        all_of_them = f"string_agg({self._slot(text)}, ',' ORDER BY n{way}) FILTER (WHERE n <= {self.size})"
        return concat(["'['", all_of_them, "']'"])

    def _slot(self, text: str) -> str:
        self.columns.append(f"{text} AS s{len(self.columns)}")
        return f"s{len(self.columns) - 1}"


def _typename(part: Wanted) -> str:
    if part.name != "__typename":
        raise Unsupported(part.name)
    return literal(f'"{part.owner}"')
