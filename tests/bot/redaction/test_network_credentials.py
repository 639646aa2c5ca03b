"""Passwords in addresses, headers and commands are found; variables and repositories stay."""

import pytest

from bot.redaction import find, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("ftp://me:Regen!tonne5@ftp.x/a", "ftp://me:[secret]@ftp.x/a"),
        ("postgres://app:p/a%ss@db:5432/x", "postgres://app:[secret]@db:5432/x"),
        ("postgres://app:p@ss@db/x", "postgres://app:[secret]@db/x"),
        ("redis://:Jtz99@cache:6379/0", "redis://:[secret]@cache:6379/0"),
        ("redis://Jtz99@cache:6379", "redis://[secret]@cache:6379"),
        ("<https://me:chouette24@x.example/p>", "<https://me:[secret]@x.example/p>"),
        ("-H 'Authorization: Bearer abc123def456ghi7'", "-H 'Authorization: Bearer [secret]'"),
        ("Authorization: Basic bWU6c2VjcmV0", "Authorization: Basic [secret]"),
        ("send Bearer abc123def456ghi7 along", "send Bearer [secret] along"),
        ("curl -u elastic:Ks0=wPq7n -XPOST http://x", "curl -u elastic:[secret] -XPOST http://x"),
        ("curl -s --user 'me:b!r &b0at' http://x", "curl -s --user 'me:[secret]' http://x"),
        ("mysql -u root -pS3cr3tPw", "mysql -u root -p[secret]"),
        ("sshpass -p 'Hunter#22' ssh x", "sshpass -p '[secret]' ssh x"),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", "otpauth://totp/a?secret=[secret]"),
        ("machine x login bob password tulip77", "machine x login bob password [secret]"),
        ("Cookie: sessionid=8f3k2jd9s0a1l2k3j4", "Cookie: sessionid=[secret]"),
        ("sqlplus lager/Palette7@PROD", "sqlplus lager/[secret]@PROD"),
        ("CREATE USER x IDENTIFIED BY 'T1efsee!';", "CREATE USER x IDENTIFIED BY '[secret]';"),
        ("net user mira Winter2026! /add", "net user mira [secret] /add"),
        ("echo 'Geh3im!' | sudo -S reboot", "echo '[secret]' | sudo -S reboot"),
        ("WIFI:S:Tea;T:WPA;P:Kerzenlicht7;;", "WIFI:S:Tea;T:WPA;P:[secret];;"),
        ("the panel takes admin:admin123.", "the panel takes admin:[secret]."),
    ],
)
def test_a_password_on_its_way_is_found(text: str, redacted: str) -> None:
    assert redact(text, find(text)) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "postgres://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:5432/app",
        "https://user:password@host.example",
        "https://<user>:<password>@host/",
        "https://$USER:$TOKEN@github.com/x",
        "git@github.com:org/repo.git",
        "ssh://git@git.example.com:2222/team/repo.git",
        "rsync deploy@web1.example.com:/var/www/ .",
        "https://registry.example:5000/@scope/pkg",
        "https://medium.com/@someone/story-1234",
        "curl -u user:password http://x",
        'curl -u "$USER:$PASS" http://x',
        'curl -H "Authorization: Bearer <token>" http://x',
        "Authorization: Bearer $TOKEN",
        "basic authentication is off",
        "mysql -u root -p shop",
        "chown root:wheel file",
        "user:1000 and admin:users",
        "net user /domain",
        "The plane was identified by its tail.",
    ],
)
def test_placeholders_and_plain_addresses_stay(text: str) -> None:
    assert find(text) == []
