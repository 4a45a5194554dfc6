"""Change notification: announce feed changes to subscribers in this process and in others."""
