"""Something else is sent for what waits, or is not."""

from dataclasses import replace
from datetime import timedelta

from actions.orders.parting import PartKit, part
from actions.substituting import at_once
from actions.substituting.proposing import AnswerSubstitution, answer, end_substitutions, propose
from domain.lifecycle import UnitStatus
from tests.actions.scenarios import Story, scenario
from tests.actions.scenarios.placing import opened_desk
from tests.world import World
from tests.world.kits import kit
from tests.world.orders import new_order
from tests.world.substitutes import instead, proposed, proposed_for_kits
from tests.world.waiting import wanted


@scenario(propose, answer)
async def a_substitute_accepted(world: World) -> Story:
    await instead(world, "MUG", "LAMP")
    order = await new_order(world, MUG=3, SHIRT=1, waiting=UnitStatus.BACKORDERED)
    yield
    proposal = await proposed(world, order, quantity=2)
    await answer(world.act(), AnswerSubstitution(substitution_id=proposal.id, accept=True))


@scenario(propose, answer, end_substitutions)
async def substitutes_declined_and_expired(world: World) -> Story:
    await instead(world, "MUG", "LAMP")
    order = await new_order(world, MUG=3, waiting=UnitStatus.BACKORDERED)
    yield
    proposal = await proposed(world, order)
    await answer(world.act(), AnswerSubstitution(substitution_id=proposal.id, accept=False))
    await proposed(world, order, expires_at=world.now + timedelta(hours=1))
    await end_substitutions(world.now + timedelta(hours=1))


@scenario(propose, answer, end_substitutions)
async def kits_instead_of_kits(world: World) -> Story:
    await kit(world, "SET", MUG=1, LAMP=2)
    await kit(world, "PAIR", CHAIR=1, SHIRT=1)
    await instead(world, "SET", "PAIR", "SHIRT")
    async with opened_desk() as desk:
        order = await desk.place(world.act(), wanted(world, SET=20))
    yield
    first = await proposed_for_kits(world, order, "PAIR", quantity=2)
    await answer(world.act(), AnswerSubstitution(substitution_id=first.id, accept=True))
    second = await proposed_for_kits(world, order, "SHIRT", quantity=1)
    await part(world.act(), PartKit(kit_id=second.kit_id, reason="Asked for."))
    await end_substitutions(world.now)


@scenario(at_once.place)
async def a_substitute_allowed(world: World) -> Story:
    await instead(world, "MUG", "LAMP", is_automatic=True)
    command = wanted(world, MUG=35)
    lines = tuple(replace(line, allow_substitutes=True) for line in command.lines)
    async with opened_desk() as desk:
        yield
        await at_once.place(world.act(), desk, replace(command, lines=lines))


@scenario(at_once.place)
async def a_substitute_for_somebody_who_does_not_wait(world: World) -> Story:
    await instead(world, "MUG", "LAMP", is_automatic=True)
    command = wanted(world, MUG=35)
    lines = tuple(replace(line, allow_substitutes=True) for line in command.lines)
    async with opened_desk() as desk:
        yield
        await at_once.place(world.act(), desk, replace(command, lines=lines, allow_backorder=False))
