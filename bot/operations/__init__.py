"""Running the house: doctor, status, backup, logs, the settings file."""
