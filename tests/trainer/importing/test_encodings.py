"""Encodings are found out from the bytes; a guess is made only where the text is then plausible."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.importing import encodings as module
from trainer.importing.encodings import UTF_8, Encoding, as_utf8, encoding_of, is_wide

WESTERN = {
    "German": "Wo ist der Schlüssel? Die Prüfung dauert fünf Tage, größere Mengen länger.",
    "French": "Où est la clé du dépôt ? À côté de l\u2019entrée, près du café « La Forêt ».",
    "Spanish": "¿Dónde está la contraseña? Está en la página del año próximo.",
    "Swedish": "Var är nyckeln? På kroken vid dörren, så går det åt höger.",
    "English": "It\u2019s in the “settings” page \u2013 click the café icon… it costs £5.",
    "one word": "The café is open.",
}


def found(tmp_path: Path, content: bytes) -> Encoding:
    file = tmp_path / "text"
    file.write_bytes(content)
    return encoding_of(file)


@pytest.mark.parametrize("codec", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("text", WESTERN.values(), ids=WESTERN.keys())
def test_western_text_is_told_apart_by_its_letters(tmp_path: Path, text: str, codec: str) -> None:
    encoding = found(tmp_path, f"prompt\n{text}\n".encode(codec))
    assert encoding.codec == codec
    assert encoding.note == f"read as {encoding.name} (a guess)"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Где ключ? Ключ висит на крючке возле двери.", "cp1251"),
        ("Gdzie jest klucz? Klucz jest na haczyku, proszę wziąć książkę żółtą.", "cp1250"),
        ("Πού είναι το κλειδί; Είναι στην πόρτα.", "cp1253"),
        ("鍵はどこですか。鍵はドアのそばにあります。", "shift_jis"),
    ],
)
def test_text_of_another_encoding_is_refused_and_not_learned_garbled(
    tmp_path: Path, text: str, codec: str
) -> None:
    with pytest.raises(DatasetError, match=r"is no UTF-8 text, it looks like .*: save it as UTF-8"):
        found(tmp_path, f"question,answer\n{text},x\n".encode(codec))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain",
        "Où ?\n".encode(),
        "Où ?\nÀ la porte\n".encode() + b"\xe9\n",  # most of it is UTF-8
        b"q\xff\n",  # no letter of either encoding
    ],
)
def test_other_files_are_utf_8_whatever_is_wrong_with_them(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, content) == UTF_8
    assert UTF_8.note is None


def test_utf_16_is_found_with_and_without_a_mark(tmp_path: Path) -> None:
    assert found(tmp_path, "Where?".encode("utf-16")) == Encoding("utf-16", "UTF-16")
    assert found(tmp_path, "Where?".encode("utf-16-be")).note == "read as UTF-16 (a guess)"
    assert is_wide("Where?".encode("utf-16-le"))
    assert is_wide("Where?".encode("utf-32"))
    assert not is_wide(b"Where?")
    with pytest.raises(DatasetError, match="UTF-32"):
        found(tmp_path, "Where?".encode("utf-32"))


def test_a_character_on_the_border_of_two_pieces_is_no_wrong_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PIECE", 5)
    assert found(tmp_path, ("é" * 50).encode()) == UTF_8
    assert found(tmp_path, ("a€𝄞" * 20).encode()) == UTF_8
    assert found(tmp_path, "Schlüssel und Türen, größer\n".encode("cp1252") * 9).codec == "cp1252"


def test_what_cannot_be_decoded_is_no_utf_8_either() -> None:
    wide = as_utf8(
        io.BytesIO("aé".encode("utf-16-le") + b"\x00\xd8b\x00\x01"), Encoding("utf-16-le")
    )
    assert wide.read() == b"a\xc3\xa9\xed\xa0\x80b\xff"
    narrow = as_utf8(io.BytesIO(b"\xe9\x81"), Encoding("cp1252"))
    assert narrow.read() == b"\xc3\xa9\x81"


@given(st.text(max_size=200), st.sampled_from(["utf-16", "utf-16-le", "utf-16-be"]))
def test_a_stream_gives_the_same_text_in_utf_8(text: str, codec: str) -> None:
    text = text.removeprefix("\ufeff")
    stream = as_utf8(io.BytesIO(text.encode(codec)), Encoding(codec))
    assert stream.read() == text.encode()
