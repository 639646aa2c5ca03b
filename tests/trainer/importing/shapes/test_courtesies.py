"""Thanks at the end of a conversation are told from what says or asks something."""

import pytest

from trainer.importing.shapes.courtesies import is_thanks


@pytest.mark.parametrize(
    "text",
    [
        *("Thanks!", "thank you so much", "Ok, thanks Ann!", "thx <@U024BE7LH>", "ty :)", "👍"),
        *("Thanks, that worked.", "Danke!", "Vielen Dank, das hat geholfen", "Merci beaucoup !"),
        *(
            "Thanks, found it!",
            "Danke, gefunden",
            "Muchas gracias",
            "Perfect, thanks",
            "Cheers :+1:",
            "Great, thank you @ben",
            "🙏🙏",
        ),
    ],
)
def test_thanks_are_thanks(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ok", "Thanks, but it still fails", "Thanks! And where is the door?", "No thanks"),
        *(
            "Danke, aber es geht nicht",
            "thanks in advance for the key",
            "thank Ann from me, please",
        ),
        *("Perfect", "thanks " * 40, "The key is gone, thanks"),
    ],
)
def test_what_says_more_is_no_thanks(text: str) -> None:
    assert not is_thanks(text)
