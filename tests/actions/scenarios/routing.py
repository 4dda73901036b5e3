"""Rules about from where orders are served."""

from actions import location_groups, routing_rules
from tests.actions.scenarios import without_story

for action in (routing_rules.draft_rule, routing_rules.activate_rule, routing_rules.archive_rule):
    without_story(action, "It decides about orders to come, not about those there are.")

without_story(location_groups.upsert_location_group, "Its rules decide about orders to come.")
