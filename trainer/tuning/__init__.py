"""LoRA training on mlx-lm's tuner: batches, loss, checkpoints, DPO."""
