"""Labels change neither orders nor stock."""

from actions.parcels import labels
from tests.actions.scenarios import without_story

without_story(
    labels.record_answer, "A label is between a parcel and its carrier; parcels leave by `ship`, told elsewhere."
)
