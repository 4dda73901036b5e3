"""Cartons are master data."""

from actions import cartons
from tests.actions.scenarios import without_story

without_story(cartons.upsert_carton_type, "Cartons are master data.")
without_story(cartons.set_company_prefix, "What an organization is known by changes no order.")
