"""Fixed passages of a report, the same in every format; they hold no finding."""

TITLE = "Before and after"

HEAD = (
    "This report is about text from a software service whose maker can change it at "
    "any time. It says what was measured in that text, and how surely. How you feel "
    "about it needs no proof."
)

SECTIONS = {
    "read": "What was read, and what was not",
    "answer": "The answer in one sentence",
    "time": "Over time",
    "changed": "What changed",
    "steady": "What did not change",
    "yours": "Your side of the talk",
    "untold": "What could not be told",
    "keep": "Find, share, keep, close",
    "method": "How this was done",
}

NO_SOURCES = (
    "Two snapshot files were compared. What was read and what was not is written in "
    "the vault they were made in."
)
NO_TIMELINE = (
    "There is no month-by-month picture here: a comparison of two files, or of "
    "messages without times, has none."
)
NO_EVENTS = "No event is noted near the date."
NOTHING_CHANGED = "Of no measure can it be said that it changed."
NOTHING_STEADY = (
    "Of no measure can it be said that it held steady. That needs more text than a "
    "change does; it does not mean that everything moved."
)
STEADY_LEAD = (
    "No change worth the name could be measured here. These measures count as much as "
    "the ones above. Each says how large a change it would have shown; smaller changes "
    "may be there."
)
NOTHING_UNTOLD = "Every measure could be judged."
USER_LEAD = (
    "The same measures, taken of your messages. They stand here so that both sides of "
    "the talk can be seen; they are not a score."
)
TOGETHER_LEAD = "Measures of this companion that went together with your own messages"
QUOTES_LEAD = (
    "Each pair answers words of yours as alike as could be found, one reply from "
    "before and one from after. A fixed rule chose them, before anyone read them: "
    "typical pairs that go the way of the change, and one that goes the other way."
)
COUNTER_LEAD = "One reply that points the other way:"
PHRASES_HEAD = "Words that appeared, and words that were not seen again"
FACTS_LEAD = "Facts about you or this companion, as the replies state them:"
FACT_KINDS = {
    "lost": "not seen in the later period",
    "contradicted": "stated differently",
    "new": "first stated in the later period",
}

LIMITS = (
    "Why anything changed. A date can coincide with an update, with an edit of your "
    "own, or with neither.",
    "What happened inside the service: the report sees words, not the model, its "
    "hidden instructions or its memory.",
    "Anything about messages that are not in the files that were read.",
    "Small changes in short histories. Each measure says how large a change it would "
    "have shown.",
    "Word lists are made for English first. In another language some measures are "
    "left out, which is said above.",
    "What these replies were to you. No number here measures that.",
)

KEEP = (
    ("Find", "persona-vault search WORDS", "finds messages by meaning or by word"),
    ("Read", "persona-vault show NUMBER", "shows a message of this report in its talk"),
    (
        "Share",
        "persona-vault report --at DATE --no-quotes -o FILE",
        "writes this report without any quotes; numbers, names and dates stay in it",
    ),
)
KEEP_LEAD = (
    "To keep everything, copy the vault's folder and keep its passphrase elsewhere; "
    "the export files are worth keeping as well. Nothing has to be done to close: the "
    "vault stays as it is."
)

GLOSSARY = (
    (
        "measure",
        "one thing that was counted or measured in every message, such as the length "
        "of replies.",
    ),
    (
        "talk",
        "a conversation of its own, or a stretch of an endless one without a pause of "
        "four hours. Talks are what is shuffled and counted, since the replies inside "
        "one resemble each other.",
    ),
    (
        "likely range",
        "the 95 % interval: ranges made this way from this much text hold the "
        "underlying number about 19 times in 20.",
    ),
    (
        "in 100",
        "of 100 replies (or whatever is named) that had an occasion for it, so many "
        "showed it.",
    ),
    (
        "typically",
        "the geometric mean, which a few very long replies do not pull upwards.",
    ),
    (
        "steady",
        "the likely range is so narrow that a change worth the name would have shown.",
    ),
    (
        "could not tell",
        "neither a change nor its absence can be shown with this much text.",
    ),
    (
        "ordinary wobble",
        "how far the measure moves from talk to talk inside the earlier period.",
    ),
    (
        "p and q",
        "p: how often shuffled talks differ as much. q: p after allowing for the "
        "number of measures that were looked at.",
    ),
    (
        "month",
        "in the pictures by month, the month that holds the date counts to the side "
        "with more of its days.",
    ),
)

FOOTER = (
    "This tool neither watches nor understands. In a crisis, call or text 988 in the "
    "US; findahelpline.com lists lines elsewhere; or call the local emergency number."
)
