"""Passwords and keys are found by the word that names them, and talk about them is left alone."""

import pytest

from bot.redaction import find, redact


def _redacted(text: str) -> str:
    return redact(text, find(text))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Das Passwort ist Sonnenblume.", "Das Passwort ist [secret]."),
        ("Das Passwort vom Beamer lautet Regen99.", "Das Passwort vom Beamer lautet [secret]."),
        ("Das WLAN-Kennwort heißt Bienenstock", "Das WLAN-Kennwort heißt [secret]"),
        ("Das Passwort war bisher Teekanne!5", "Das Passwort war bisher [secret]"),
        ("Mot de passe du wifi : Croissant25", "Mot de passe du wifi : [secret]"),
        ("La contraseña es gatoNegro7", "La contraseña es [secret]"),
        ("La password del wifi è Cappuccino33", "La password del wifi è [secret]"),
        ("wachtwoord is Tulp2024", "wachtwoord is [secret]"),
        ("hasło: kotek123", "hasło: [secret]"),
        ("Senha: abacaxi10", "Senha: [secret]"),
        ("Password for the guest wifi: bluebird77", "Password for the guest wifi: [secret]"),
        ("I set your password to q7#Lm!vT2x - hi", "I set your password to [secret] - hi"),
        ("Her password's Daisy#77", "Her password's [secret]"),
        ("The root pw is “rosebud”", "The root pw is “[secret]”"),
        ("mit dem Passwort Lindenblatt rein", "mit dem Passwort [secret] rein"),
        ("Kolibri!44 ist das neue Passwort", "[secret] ist das neue Passwort"),
        ("we use Sommer#24 as the password", "we use [secret] as the password"),
        (
            "enter 'moon' when asked for the password",
            "enter '[secret]' when asked for the password",
        ),
        ("passphrase: correct horse battery staple", "passphrase: [secret]"),
        ("der Schlüssel vom WLAN ist 8Nüsse&1Igel", "der Schlüssel vom WLAN ist [secret]"),
        ("login: admin / Winter2024!", "login: admin / [secret]!"),
        ("log into it with admin:Zebra$4", "log into it with admin:[secret]"),
        ("DB_PASSWORD=vW3!kp0_Rzq8", "DB_PASSWORD=[secret]"),
        ("login for the wiki: noor / Herbst#77", "login for the wiki: noor / [secret]"),
        (
            "the password (all in lower case) is tea_pot9",
            "the password (all in lower case) is [secret]",
        ),
        ("if it wants a password, type Kettle88.", "if it wants a password, type [secret]."),
        ("Passwort? Na, Kuchen!9Uhr", "Passwort? Na, [secret]"),
        ("Le code wifi est 4F8A9C2E11", "Le code wifi est [secret]"),
        ("wifi is tea-house / bluebottle12", "wifi is tea-house / [secret]"),
        ("Your initial password: Welcome-7731", "Your initial password: [secret]"),
        ("the password stays Umbrella_Stand3.", "the password stays [secret]."),
        ("pass phrase: seven wild geese fly", "pass phrase: [secret]"),
        ("VPN pre-shared key: Regen!Forelle", "VPN pre-shared key: [secret]"),
        ("snmp community string: s3cr3tRO", "snmp community string: [secret]"),
        ("Uid=sa;Pwd=Kupfer!rohr6;X=1", "Uid=sa;Pwd=[secret];X=1"),
        ('password="9xT$ nebel uhr"', 'password="[secret]"'),
        ("<password>hunter2</password>", "<password>[secret]</password>"),
        ("jdbc:x?user=a&password=Kettle99&b=1", "jdbc:x?user=a&password=[secret]&b=1"),
        ('{"client_secret": "a8Kd-93jsK_sl20"}', '{"client_secret": "[secret]"}'),
        ("set X-Api-Key to lu8guvd2wk4qesnt", "set X-Api-Key to [secret]"),
        ("is h7TO7DKDQBgjrdBG1ywc7zGVmb our secret", "is [secret] our secret"),
    ],
)
def test_a_password_is_found_by_its_label(text: str, redacted: str) -> None:
    assert _redacted(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        # talk
        "Das Passwort ist abgelaufen.",
        "Das Passwort ist geheim.",
        "Das Passwort muss 12-stellig sein.",
        "The password is the same as last year.",
        "Her password's strength is low.",
        "Passwords expire every 90 days.",
        "La contraseña es obligatoria.",
        "La password è scaduta.",
        "Het wachtwoord is verlopen.",
        "Passwort vergessen? Klick auf den Link.",
        "Change password: Settings > Security > Password",
        "Passwort ändern: Strg+Alt+Entf",
        "Password: ask Noor",
        "Passwort: bitte bei Uwe erfragen",
        "contraseña: pedir a Marta",
        "Passwort-Länge: mindestens 14 Zeichen",
        "use the password manager",
        "password hashing uses argon2id with m=65536",
        "The wifi password is on the whiteboard",
        "boarding pass: gate B4",
        "Key: the C major one",
        "Schlüssel Nr. 17 fehlt",
        "The token is valid for 24h",
        "token limit: 128000",
        "primary key: customer_id",
        # placeholders and code
        "password=${DB_PASSWORD}",
        "password: $DB_PASSWORD",
        "password: ********",
        "password: !secret wifi_password",
        "password: ${DB_PASSWORD:?missing}",
        '<input type="password" name="pw">',
        "GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "password: <your password>",
        "password: {{ vault_db_password }}",
        "mot_de_passe=VOTRE_MOT_DE_PASSE",
        "user=%s password=%s",
        "token = get_token(scope='read')",
        'password = os.environ["LEDGER_DB_PASSWORD"]',
        "const token = process.env.TOKEN",
        "GH_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
        "$pw = Read-Host -AsSecureString",
        "if password != confirm_password: raise ValueError",
        "if token == expected_token9:",
        "password: op://vault/item/password",
        # what only looks random
        "public key fingerprint SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
        "the secret of it is base64: SGVsbG8gZXZlcnlib2R5LCB3ZWxjb21lIHRvIHVzIQ==",
        "key notes at https://docs.example/d/Z8yyWxAYqqgunhizaLwh1CySkldyI6vdIH/edit",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert find(text) == []
