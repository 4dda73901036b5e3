"""Property tests try the same examples everywhere, so that a failure is everybody's failure."""

from hypothesis import settings

settings.register_profile("rules", derandomize=True, max_examples=80, deadline=None)
settings.load_profile("rules")
