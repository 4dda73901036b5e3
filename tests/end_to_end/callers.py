"""People and programs with keys of their own, who speak to a running server as any client does.

ada = await customer_of(world, address)
order = await ada.change("placeOrder", "PlaceOrderInput", ORDER, channelId=…, lines=[…])
async with ada.watching(WATCH, id=order["id"]) as messages: ...
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from actions.api_keys import CreateApiKey, create_api_key
from domain.ids import new_id
from domain.permissions import Role
from models import Role as RoleRow
from tests.patience import PATIENCE_SECONDS
from tests.world import World
from tests.world.serving import Address

BOSTON = {
    "name": "Ada Example", "line1": "1 Beacon Street", "city": "Boston", "region": "MA", "postalCode": "02108",
    "country": "US",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any

    @property
    def codes(self) -> list[str]:
        return [error.get("extensions", {}).get("code") for error in self.body.get("errors", [])]

    @property
    def data(self) -> Any:
        assert "errors" not in self.body, self.body
        return self.body["data"]


@dataclass(frozen=True, slots=True)
class Caller:
    address: Address
    credential: str | None = None

    async def ask(self, document: str, **variables: Any) -> Answer:
        """Over HTTP, on a connection of its own. Raises OSError when the server does not answer."""
        return await self.post(json.dumps({"query": document, "variables": variables}).encode())

    async def post(self, body: bytes) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.address.port)
        try:
            signed = f"authorization: Bearer {self.credential}\r\n" if self.credential else ""
            head = (
                f"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{signed}content-type: application/json\r\n"
            )
            writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            said = await reader.read()
        finally:
            writer.close()
        head, _, text = said.partition(b"\r\n\r\n")
        if not head:
            raise ConnectionResetError("the server closed without an answer")
        is_json = b"json" in head.lower()
        return Answer(int(head.split()[1]), json.loads(text) if is_json else text.decode())

    async def change(
        self, name: str, takes: str, shows: str, *, key: str | None = None, **given: Any
    ) -> dict[str, Any]:
        """One mutation with a key; what it answers, refusals in words."""
        document = f"""mutation($input: {takes}!, $key: String!) {{ {name}(input: $input) @idempotent(key: $key) {{
            __typename {shows} ... on Problem {{ code message }} ... on InvalidInput {{ problems {{ path code }} }} }} }}"""
        answer = await self.ask(document, input=given, key=key or str(new_id()))
        changed: dict[str, Any] = answer.data[name]
        return changed

    def client(self) -> Client:
        signed = {"authorization": f"Bearer {self.credential}"} if self.credential else {}
        protocol = WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL
        return Client(
            transport=WebsocketsTransport(url=self.address.socket, init_payload=signed, subprotocols=[protocol])
        )

    @asynccontextmanager
    async def watching(self, document: str, **variables: Any) -> AsyncGenerator["Messages", None]:
        """A subscription on a connection of its own, which drops when the block ends."""
        asked = GraphQLRequest(document, variable_values=variables)
        async with self.client() as session, aclosing(session.subscribe(asked)) as stream:
            yield Messages(stream)


class Messages:
    """What one subscription says, one by one."""

    def __init__(self, stream: AsyncGenerator[dict[str, Any], None]) -> None:
        self._stream = stream

    async def next(self) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            [(_, message)] = (await anext(self._stream)).items()
        return message

    async def until(self, holds: Any) -> list[Any]:
        """Every message up to the first of which `holds` is true."""
        heard = [await self.next()]
        while not holds(heard[-1]):
            heard.append(await self.next())
        return heard


async def caller(world: World, address: Address, role: Role, **limits: Any) -> Caller:
    """A program with a key of that role, or of `customer_id` or `staff_id`."""
    if not {"customer_id", "staff_id"} & set(limits):
        limits["role_id"] = (await RoleRow.get(organization_id=world.organization_id, code=role.value)).id
    made = await create_api_key(world.act(), CreateApiKey(name=f"key of {role}", **limits))
    return Caller(address, made.text)


async def customer_of(world: World, address: Address) -> Caller:
    return await caller(world, address, Role.CUSTOMER, customer_id=world.customer.id)
