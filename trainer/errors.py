"""What can go wrong, each as one line for people: what is wrong and what to do."""


class NightschoolError(Exception):
    """A failure that a person can act on; its text is one plain sentence."""


class ModelError(NightschoolError):
    """A model folder or hub name that cannot be used."""


class DatasetError(NightschoolError):
    """Rows or files that cannot become a training set."""


class AdapterError(NightschoolError):
    """An adapter version that is unknown, broken or made for another model."""


class TrainingError(NightschoolError):
    """A training run that could not start or finish."""


class MemoryShortError(TrainingError):
    """A training run that did not fit into memory; a smaller one may."""
