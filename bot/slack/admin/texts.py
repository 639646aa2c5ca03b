"""The commands in words, with the right that each needs."""

COMMANDS = (
    ("", "/nightschool status", "what I know, how last night went, when the next one is"),
    (
        "",
        "/nightschool examples [words]",
        "search what I was taught; `mine`, `pending`, `rejected`",
    ),
    ("", "/nightschool examples show 12", "one lesson; its author may edit or withdraw it"),
    (
        "",
        "/nightschool why <link>",
        "where an answer of mine came from; without a link the last one",
    ),
    ("", "/nightschool adapters", "the versions that nights have made"),
    ("", "/nightschool night", "school now, with live progress; `night force` if nothing is new"),
    ("", "/nightschool people", "who is a teacher, who an admin"),
    ("", "/nightschool channels", "where I listen"),
    ("", "/nightschool forget me", "removes everything of yours"),
    ("", "/nightschool opt out", "the same, and nothing is kept from then on; `opt in` ends it"),
    ("teacher", "/nightschool examples pending", "approve or reject what waits"),
    ("admin", "/nightschool night stop", "ends the night that is under way"),
    ("admin", "/nightschool adapters", "promote one, or roll back"),
    ("admin", "/nightschool export", "all lessons as a file, in your direct messages"),
    ("admin", "/nightschool channels listen|mute [#channel]", "switches a channel on or off"),
    ("admin", "/nightschool people teacher|admin|remove @name", "gives and takes rights"),
)
