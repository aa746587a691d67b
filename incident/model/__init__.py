"""The frozen values that travel between the stages; the floor every other module stands on."""
