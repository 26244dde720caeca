"""A server that is only simulated: workflow code through the SDK's own instance, time that nobody waits for."""
