"""What a run tells and leaves, as dataclasses and as JSON. Pure; the lowest room but for errors."""
