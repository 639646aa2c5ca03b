"""Keys and tokens by their own shape, whatever stands beside them: gitleaks' rules and ours."""

from collections.abc import Iterator

from bot.redaction import gitleaks
from bot.redaction.expressions import Pattern, Plain
from bot.redaction.finding import Finding

# gitleaks wants more disorder of a token than a made-up one has, and misses some that we met.
_TOKENS = Pattern(
    r"(?:^|[^A-Za-z0-9])("
    r"xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}|xoxe(?:\.xox[a-z])?-[\w-]{10,}|xwfp-[\w-]{10,}"  # Slack
    r"|(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}"  # AWS
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|1//0[\w-]{30,}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}"  # GitHub
    r"|gl(?:pat|ptt|dt|rt|ft|soat|cbt|agent|imt|oas)-[\w.-]{20,}"  # GitLab
    r"|hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z]{30,}|sk-[\w-]{20,}|gsk_\w{30,}|xai-\w{40,}|r8_\w{30,}"
    r"|pplx-\w{30,}|AKCp\w{60,}|nvapi-[\w-]{40,}|tgp_v1_[\w-]{30,}"  # models
    r"|(?:sk|rk|pk|whsec)_(?:live_|test_|prod_)?[A-Za-z0-9]{20,}"  # Stripe
    r"|do[por]_v1_[a-f0-9]{60,}|dapi[a-f0-9]{32}(?:-\d)?|dckr_(?:pat|oat)_[\w-]{20,}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{50,}|SG\.[\w-]{16,}\.[\w-]{16,}|rubygems_[a-f0-9]{40,}"
    r"|key-[a-f0-9]{32}|[a-f0-9]{32}-us\d{1,2}|sq0(?:atp|csp)-[\w-]{20,}|EAAA[\w-]{50,}"
    r"|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|fig[dour]_[\w-]{30,}|glsa_\w{30,}|glc_[\w=+/]{30,}"
    r"|ntn_[A-Za-z0-9]{30,}|secret_[A-Za-z0-9]{40,}|lin_(?:api|oauth)_\w{30,}"
    r"|pat[A-Za-z0-9]{14}\.[a-f0-9]{40,}"
    r"|hv[sbr]\.[\w-]{20,}|ATATT3[\w=-]{30,}|ATCTT3[\w=-]{30,}|ATBB\w{28,}|NRAK-[A-Z0-9]{20,}"
    r"|sbp_[a-f0-9]{40}|sb_(?:secret|publishable)_[\w-]{20,}|vercel_\w{20,}|nf[pcoub]_\w{30,}"
    r"|fo1_[\w-]{30,}"
    r"|tskey-[\w-]{20,}|pul-[a-f0-9]{40}|dp\.(?:pt|st|ct|sa)\.[\w.]{30,}|snyk_\w{20,}"
    r"|sntr[ysu]{1,2}_[\w=+/-]{30,}"
    r"|rnd_\w{20,}|cio_\w{30,}|pscale_\w+_[\w.-]{30,}|xkeysib-[a-f0-9-]{60,}"
    r"|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|PMAK-[a-f0-9-]{50,}|sdk-[a-f0-9-]{36}|CCIPAT_[\w-]{20,}"
    r"|bkua_[a-f0-9]{40}"
    r"|EAA[CM]\w{60,}|IGQV\w{60,}|AC[a-f0-9]{32}|SK[a-f0-9]{32}|\w{14}\.atlasv1\.[\w-]{60,}"
    r"|\d{8,10}:A[A-Za-z0-9_-]{32,}|[MNO][\w-]{23,26}\.[\w-]{6}\.[\w-]{27,38}"  # Telegram, Discord
    r"|\d{6}(?:-\d{6}){7}"  # BitLocker
    r"|[\w~.-]{3}8Q~[\w~.-]{31,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # Azure, web tokens
    r"|\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}"
    r"|\$(?:1|5|6|y|apr1)\$[^\s$:]{1,40}\$[./A-Za-z0-9]{20,}"  # hashes
    r")",
    ignore_case=False,
)
_WEBHOOKS = Pattern(
    r"https://(?:"
    r"hooks\.slack\.com/(?:services|workflows|triggers)/[^\s<>|\"']{10,}"
    r"|(?:\w{1,20}\.)?discord(?:app)?\.com/api/webhooks/\d{5,}/[\w-]{20,}"
    r"|[\w.-]{1,80}\.webhook\.office\.com/[^\s<>|\"']{20,}"
    r"|outlook\.office\.com/webhook/[^\s<>|\"']{20,}"
    r"|hooks\.zapier\.com/hooks/catch/[^\s<>|\"']{5,}"
    r"|chat\.googleapis\.com/v1/spaces/[^\s<>|\"']{20,}"
    r"|[\w.-]{1,80}\.logic\.azure\.com[^\s<>|\"']{20,}"
    r"|maker\.ifttt\.com/trigger/[^\s<>|\"']{1,80}/with/key/[\w-]{10,}"
    r"|api\.telegram\.org/bot[\w:-]{20,})"
)
_BLANK = Pattern(
    r"x{5,}|\*{3,}|(?:^|[-_])(?:your|dein|votre|replace|insert|placeholder)[-_]|[-_](?:here"
    r"|goes-here)$"
)
"""What stands in the place of a token in instructions."""
_AWS_SECRET = Pattern(
    r"(?:aws|amazon|secret_?access_?key|\bs3\b)[^\n]{0,60}?(?:^"
    r"|[^A-Za-z0-9/+])([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"
)
_AZURE_KEY = Pattern(r"(?:account|shared ?access ?)key\s{0,2}=\s{0,2}([a-z0-9+/]{30,}={0,2})")
_TOKEN_END = Pattern(r"[\w+/=~-]*")
_BEGIN = Pattern(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----", ignore_case=False)
_PUTTY = Pattern(r"PuTTY-User-Key-File-\d:", ignore_case=False)
_PUTTY_END = Pattern(r"Private-MAC: [0-9a-f]+")
_END = Pattern(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----", ignore_case=False)


def secrets(plain: Plain) -> Iterator[Finding]:
    """Keys and tokens, in no order; they may overlap."""
    yield from gitleaks.tokens(plain)
    for pattern in (_TOKENS, _WEBHOOKS):
        for match in pattern.finditer(plain):
            start, end = match.found
            if _BLANK.occurs(plain.text[start:end]):
                continue
            # Some shapes stop before their token does.
            more = _TOKEN_END.match(plain, end)
            end = more.span()[1] if more else end
            yield Finding("secret", start, end)
    if "key" in plain.lower:
        yield from (Finding("secret", *match.found) for match in _AZURE_KEY.finditer(plain))
    if plain.has_any(("aws", "amazon", "secret", "s3")):
        for match in _AWS_SECRET.finditer(plain):
            start, end = match.found
            secret = plain.text[start:end]
            if not secret.islower() and gitleaks.entropy(secret) > 4:  # noqa: PLR2004  no hash
                yield Finding("secret", start, end)


def private_keys(plain: Plain) -> Iterator[Finding]:
    """Private keys from their first line to their last, or to the end of the text without it."""
    for begin, end in ((_BEGIN, _END), (_PUTTY, _PUTTY_END)):
        ends = [match.span()[1] for match in end.finditer(plain)]
        ends.reverse()
        done = 0
        for match in begin.finditer(plain):
            start, first_line = match.span()
            if start < done:
                continue
            while ends and ends[-1] <= first_line:
                ends.pop()
            done = ends.pop() if ends else len(plain.text)
            yield Finding("secret", start, done)
