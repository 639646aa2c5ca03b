"""Our model names become those of a server that knows no `base` and no `latest`."""

import pytest

from bot.engine.external_models import ExternalModelNames
from tests.bot.engine.tiny_model_home import TinyModelHome


@pytest.fixture
def names(empty_home: TinyModelHome) -> ExternalModelNames:
    """Names for a home with v0001, and v0002 promoted."""
    empty_home.add(1)
    empty_home.add(2, promote=True)
    return ExternalModelNames(empty_home.registry, "org/model")


def test_a_name_that_the_server_lists_is_sent_as_it_is(names: ExternalModelNames) -> None:
    assert names("v0001", ["org/model", "v0001"]) == "v0001"
    assert names("latest", ["latest", "v0002"]) == "latest"


def test_latest_is_the_promoted_version_or_else_the_base(names: ExternalModelNames) -> None:
    assert names("latest", ["org/model", "v0001", "v0002"]) == "v0002"
    assert names("latest", ["org/model", "v0001"]) == "org/model"


def test_the_base_is_the_model_of_the_settings(names: ExternalModelNames) -> None:
    assert names("base", ["other", "org/model"]) == "org/model"
    assert names("base", []) == "org/model"


def test_a_base_of_another_name_is_the_first_that_is_no_version(names: ExternalModelNames) -> None:
    assert names("base", ["v0001", "served-model"]) == "served-model"
    assert names("latest", ["v0001", "served-model"]) == "served-model"


def test_a_version_that_the_server_has_not_is_asked_for_all_the_same(
    names: ExternalModelNames,
) -> None:
    """The server's own refusal says then what is missing."""
    assert names("v0001", ["org/model"]) == "v0001"
