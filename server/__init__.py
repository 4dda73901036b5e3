"""THE PROCESS: app, settings, access, worker, commands, embedded servers, health."""
