"""The Bolt listeners: actions, commands, events and forms, each a few lines around a call."""
