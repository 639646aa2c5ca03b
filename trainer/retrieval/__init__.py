"""Which lesson answers a question, how surely, and whether what was said is what was taught.

Numbers in, decisions out: no model is called here.
"""
