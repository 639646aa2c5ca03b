"""What depends on the machine: device, BLAS, cache folder."""
