"""Who is inactivated or deleted, and why: rules over the projected store. Pure."""
