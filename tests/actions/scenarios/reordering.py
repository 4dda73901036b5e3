"""Rules suggest what to order, and drafts are made of it; no stock is touched."""

from actions import reordering
from tests.actions.scenarios import without_story

without_story(reordering.set_rule, "Rules are master data.")
without_story(reordering.order_suggestions, "A draft touches no stock.")
