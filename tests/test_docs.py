"""What the pages say is so: commands, links, names, settings, and the first example."""

import argparse
import asyncio
import re
import shlex
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import jwt
import pytest

from domain.lifecycle import Action
from domain.permissions import Role
from models import Fulfilment, Order
from server.cli import COMMANDS
from tests.patience import PATIENCE_SECONDS
from tests.world import furnish
from tests.world.orders import walk
from tests.world.serving import TOKEN_SECRET

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOLDERS = "domain|models|actions|realtime|resolvers|schema|server|bench|tests|docs"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
NAMED_PATH = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)`")
JOURNEY = [Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP, Action.DELIVER]
LONGEST_ADR = 30  # lines


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def shown(page: Path) -> list[str]:
    """Every shell command of the page."""
    blocks = (body for kind, body in FENCED.findall(page.read_text()) if kind == "sh")
    return [line for body in blocks for line in body.splitlines() if line.strip()]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target in LINK.findall(page.read_text()):
        at, _, anchor = target.partition("#")
        there = (page.parent / at).resolve() if at else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)

    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    assert [path for path in NAMED_PATH.findall(page.read_text()) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists_with_its_options(page: Path) -> None:
    unknown = []
    for line in shown(page):
        for part in line.split("&&"):
            words = shlex.split(part, comments=True)
            if "oms.py" in words and (wrong := unknown_words(words[words.index("oms.py") + 1 :])):
                unknown.append(f"{line}: {wrong}")

    assert unknown == []


def unknown_words(words: list[str]) -> list[str]:
    command = next((each for each in COMMANDS if each.name == words[0]), None)
    if command is None:
        return words[:1]
    parser = argparse.ArgumentParser()
    import_module(command.module).configure(parser)
    return [word for word in words[1:] if word.startswith("--") and word not in parser._option_string_actions]


def test_the_two_commands_of_the_readme_need_nothing_but_pip() -> None:
    commands = shown(ROOT / "README.md")

    assert "pip install uv && uv run oms.py demo" in commands
    assert "pip install uv && uv run oms.py check" in commands


def test_the_settings_and_their_page_agree() -> None:
    read = set(re.findall(r'read\("([A-Z_]+)"', text("server/settings.py")))

    told = {
        name
        for row in re.findall(r"^\| (`[A-Z_`, ]+`) \|", text("docs/operations.md"), re.MULTILINE)
        for name in re.findall(r"[A-Z_]+", row)
    }

    assert told == read


def test_decisions_are_numbered_short_and_say_what_they_cost() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))

    for number, page in enumerate(decisions, 1):
        said = page.read_text()
        assert page.name.startswith(f"{number:04}-"), page.name
        assert said.startswith(f"# {number}. "), page.name
        assert len(said.splitlines()) <= LONGEST_ADR, page.name
        assert [word for word in ("Context", "Choice", "Cost") if f"**{word}.**" not in said] == [], page.name


def test_the_changelog_begins_with_this_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]

    assert re.search(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)[1] == version


async def test_the_first_order_of_the_readme_is_placed_and_watched_until_it_arrived(address, tmp_path) -> None:
    world = await furnish()
    [script] = [body for kind, body in FENCED.findall(text("README.md")) if kind == "python"]
    (tmp_path / "first_order.py").write_text(script)
    command = [sys.executable, str(tmp_path / "first_order.py"), token(world.organization_id), address.socket]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (placed := await running.stdout.readline()):
            assert running.returncode is None
        assert b"SNAPSHOT" in await running.stdout.readline()
        order = await Order.get(organization_id=world.organization_id)

        while not await Fulfilment.filter(order=order).exists():
            await asyncio.sleep(0.05)  # until the worker has released it
        for action in JOURNEY:
            await walk(world, order, action)
        said, _ = await running.communicate()

    assert order.number in placed.decode()
    assert running.returncode == 0
    assert [line.split()[-1] for line in said.decode().splitlines()][-1] == "DELIVERED"


def token(organization_id: object) -> str:
    claims = {
        "sub": "ann",
        "role": Role.ADMIN.value,
        "org": str(organization_id),
        "exp": (datetime.now(UTC) + timedelta(hours=1)).timestamp(),
    }
    return jwt.encode(claims, TOKEN_SECRET)
