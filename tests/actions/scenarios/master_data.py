"""Actions that change neither orders nor stock."""

from actions import api_keys, catalogue, channels, customers, kits, locations, markdowns, organizations, prices, staff
from actions.backordering import terms
from tests.actions.scenarios import without_story

for action in (
    catalogue.deactivate_product,
    catalogue.deactivate_variant,
    catalogue.set_substitute_terms,
    catalogue.set_substitutes,
    catalogue.upsert_product,
    catalogue.upsert_products,
    catalogue.upsert_variant,
    catalogue.upsert_variants,
    kits.set_kit_components,
    markdowns.set_credits,
    prices.remove_price,
    terms.set_channel_terms,
    terms.set_terms,
    prices.set_price,
    prices.set_prices,
    prices.set_tax_rate,
):
    without_story(action, "Orders keep copies of names, prices and rates; the catalogue changes beside them.")

for action in (
    customers.add_address,
    customers.block,
    customers.create_customer,
    customers.create_customers,
    customers.remove_address,
    customers.remove_contact,
    customers.replace_address,
    customers.set_contact,
    customers.unblock,
    customers.update_customer,
):
    without_story(action, "Orders keep copies of names and addresses; the customer changes beside them.")

for action in (
    channels.upsert_channel,
    channels.upsert_channels,
    locations.activate,
    locations.deactivate,
    locations.upsert_location,
    locations.upsert_locations,
    organizations.create,
):
    without_story(action, "It decides about orders to come, not about those there are.")

for action in (
    api_keys.revoke_api_key,
    staff.deactivate_staff,
    staff.upsert_role,
    staff.upsert_staff,
):
    without_story(action, "It is about who may act, not about what is done.")
