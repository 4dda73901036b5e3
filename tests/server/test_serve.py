"""The whole process: it comes up, tells its health, serves real clients, and leaves nothing behind."""

import asyncio
import json
import os
import shutil
import signal
import socket as sockets
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.client import connect

from domain.ids import new_id
from models import Organization
from server.engines import command_line_of
from server.settings import PROJECT_FOLDER
from tests.patience import PATIENCE_SECONDS
from tests.server.test_embedded import processes_of, wait_until_gone
from tests.world.serving import Address


def free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(address: Address, path: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(address.http + path, timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


async def said_line(running, words):
    """The first line on standard error that has these words; the process must not end before."""
    while words not in (line := await running.stderr.readline()):
        assert line, "it ended"
    return line


@asynccontextmanager
async def process(*words, port=None, **environ):
    """`oms.py serve` as anybody would start it; yields the process and its address once it lives."""
    address = Address(port or free_port())
    running = await asyncio.create_subprocess_exec(
        sys.executable, PROJECT_FOLDER / "oms.py", "serve", "--port", str(address.port), *words,
        cwd="/", env=os.environ | environ, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await lives(address, running)
        yield running, address
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def lives(address: Address, running: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            assert running.returncode is None, (await running.stderr.read()).decode()
            try:
                await asyncio.to_thread(fetch, address, "/livez")
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture
async def organization(database):
    return await Organization.create(id=new_id(), code="acme", name="Acme", currency="USD")


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="ordergraph-serve-"))
    yield path
    wait_until_gone(path)
    shutil.rmtree(path)


class TestHealth:
    async def test_a_healthy_process_is_ready(self, address):
        status, told = await asyncio.to_thread(fetch, address, "/readyz")

        assert (status, told["status"]) == (200, "ready")
        assert {name: part["ok"] for name, part in told["checks"].items()} == {
            "database": True, "migrations": True, "relay": True, "broker": True,
        }  # fmt: skip

    async def test_the_ide_is_there_in_development(self, address):
        page = await asyncio.to_thread(lambda: urllib.request.urlopen(address.http + "/graphiql").read())

        assert b"/graphql" in page


class TestClients:
    async def test_a_client_nobody_here_wrote_asks_and_is_refused_politely(self, address, organization):
        transport = WebsocketsTransport(url=address.socket)
        async with Client(transport=transport) as session:
            assert await session.execute(gql("{ __typename }")) == {"__typename": "Query"}
            with pytest.raises(TransportQueryError, match="Cannot query field"):
                await session.execute(gql("{ nothing }"))


class TestEnds:
    @pytest.mark.parametrize("last_signal", [signal.SIGINT, signal.SIGTERM])
    async def test_an_asked_process_leaves_with_sockets_open(self, folder, last_signal):
        async with (
            process(OMS_DATA_DIR=str(folder), OMS_SHUTDOWN_SECONDS="2") as (running, address),
            connect(address.socket, subprotocols=["graphql-transport-ws"]) as socket,
        ):
            await socket.send('{"type":"ping"}')
            await socket.recv()
            running.send_signal(last_signal)
            await socket.wait_closed()
            await asyncio.wait_for(running.wait(), PATIENCE_SECONDS)

            assert socket.close_code == 1012
            assert running.returncode in (0, -last_signal, 130)
        assert wait_until_gone(folder) == []

    async def test_a_killed_process_takes_its_servers_along_and_comes_up_again(self, folder):
        async with process(OMS_DATA_DIR=str(folder)) as (running, _):
            running.kill()
            await running.wait()
            assert wait_until_gone(folder) == []

        async with process(OMS_DATA_DIR=str(folder)) as (running, address):
            status, _ = await asyncio.to_thread(fetch, address, "/readyz")

        assert status == 200


class TestKeeper:
    @pytest.mark.parametrize("last_signal", [signal.SIGKILL, signal.SIGTERM])
    async def test_whose_end_ends_the_process_which_says_why_and_leaves_nothing(self, folder, last_signal):
        async with process(OMS_DATA_DIR=str(folder), OMS_SHUTDOWN_SECONDS="2") as (running, _):
            keeper = next(pid for pid in processes_of(folder) if "server.keeper" in command_line_of(pid))
            os.kill(keeper, last_signal)
            _, said = await asyncio.wait_for(running.communicate(), PATIENCE_SECONDS)

        assert running.returncode == 2
        assert "oms.py serve: The embedded servers are gone" in said.decode()
        assert "Traceback" not in said.decode()
        assert wait_until_gone(folder) == []

    async def test_whose_end_ends_a_worker_too(self, folder):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, PROJECT_FOLDER / "oms.py", "worker",
            cwd="/", env=os.environ | {"OMS_DATA_DIR": str(folder)}, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await said_line(
                    worker, b"This process is the relay now"
                )  # so it has the servers, and no others to start
                keeper = next(pid for pid in processes_of(folder) if "server.keeper" in command_line_of(pid))
                os.kill(keeper, signal.SIGKILL)
                _, said = await worker.communicate()
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()

        assert worker.returncode == 2
        assert "oms.py worker: The embedded servers are gone" in said.decode()
        assert "Traceback" not in said.decode()
        assert wait_until_gone(folder) == []


class TestProduction:
    async def test_missing_tables_are_named_and_nothing_is_served(self, folder, redis_url):
        running = await asyncio.create_subprocess_exec(
            sys.executable, PROJECT_FOLDER / "oms.py", "serve",
            env=os.environ | {"OMS_ENV": "production", "OMS_DATA_DIR": str(folder), "REDIS_URL": redis_url},
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await running.communicate()

        assert running.returncode == 1
        assert b"Run oms.py migrate first." in said
        assert wait_until_gone(folder) == []

    async def test_it_shows_no_ide_and_logs_json(self, database_url, redis_url, organization):
        environ = {"OMS_ENV": "production", "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        async with process(**environ) as (running, address):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                await asyncio.to_thread(urllib.request.urlopen, address.http + "/graphiql")
            running.terminate()
            said = (await running.stderr.read()).decode().splitlines()

        logged = [json.loads(line) for line in said if line.startswith("{")]
        assert any(line["message"].startswith("Application startup complete") for line in logged)
