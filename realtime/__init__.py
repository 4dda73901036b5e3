"""From the outbox table, through one ordered log and the broker, to every open subscription."""
