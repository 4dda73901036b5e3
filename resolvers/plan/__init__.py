"""The compiled executor: a whole selection becomes one SQL statement that returns the JSON text of its answer."""
