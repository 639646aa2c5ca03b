"""The engine's process: the HTTP API, and one thread that owns the model.

A request goes through `app` (HTTP) and `protocol` (OpenAI's form) to `worker` (the model's
thread), which batches its tokens in `continuous_batching` with an adapter of `adapter_cache`.
"""
