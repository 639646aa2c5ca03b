"""Settings, hyperparameters and memory: what fits this machine, and what is run."""
