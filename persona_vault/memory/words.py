"""Word lists of the fact patterns: people, animals, work, dates. English, our own."""

_RELATIONS = {
    "sister": "sister sis stepsister",
    "brother": "brother bro stepbrother",
    "mother": "mother mom mum mama mommy mummy",
    "father": "father dad papa daddy",
    "partner": "partner wife husband girlfriend boyfriend fiance fiancee fiancé "
    "fiancée spouse hubby",
    "friend": "friend bestie",
    "roommate": "roommate flatmate housemate",
    "boss": "boss manager supervisor",
    "colleague": "colleague coworker co-worker",
    "son": "son",
    "daughter": "daughter",
    "grandmother": "grandmother grandma granny gran nana",
    "grandfather": "grandfather grandpa granddad",
    "aunt": "aunt auntie",
    "uncle": "uncle",
    "cousin": "cousin",
    "niece": "niece",
    "nephew": "nephew",
    "neighbour": "neighbour neighbor",
    "therapist": "therapist counsellor counselor",
    "teacher": "teacher tutor",
    "ex": "ex",
}
_SPECIES = {
    "dog": "dog puppy pup",
    "cat": "cat kitten kitty",
    "rabbit": "rabbit bunny",
    "hamster": "hamster",
    "parrot": "parrot",
    "bird": "bird budgie canary",
    "horse": "horse pony",
    "fish": "fish goldfish",
    "turtle": "turtle tortoise",
    "lizard": "lizard gecko iguana",
    "snake": "snake",
    "ferret": "ferret",
    "rat": "rat",
    "chicken": "chicken hen",
}
# What a person or an animal is called -> (kind, key) of its slot.
NAMED: dict[str, tuple[str, str]] = {
    word: (kind, key)
    for kind, table in (("person", _RELATIONS), ("pet", _SPECIES))
    for key, said in table.items()
    for word in said.split()
}

JOBS = frozenset(
    """
    accountant actor actress analyst architect artist baker barber barista bartender
    biologist bookseller bricklayer builder butcher carer carpenter cashier chef chemist
    cleaner clerk coach composer consultant cook counsellor dancer dentist designer
    developer doctor driver editor electrician engineer farmer firefighter fisherman
    florist gardener geologist hairdresser historian illustrator janitor journalist
    judge lawyer lecturer librarian lifeguard machinist mathematician mechanic midwife
    miner musician nanny nurse optician painter paramedic pharmacist photographer
    physicist physiotherapist pilot plumber poet postman potter producer professor
    programmer psychologist receptionist researcher roofer sailor scientist secretary
    singer soldier surgeon tailor teacher technician therapist translator trucker
    veterinarian vet violinist waiter waitress watchmaker weaver welder writer
    """.split()
)
JOB_KINDS = frozenset(
    """
    software primary elementary school high data civil mechanical electrical graphic web
    truck bus taxi police freelance registered senior junior retired dental social
    night sous pastry interior fashion game sound marine train care
    """.split()
)
SUBJECTS = frozenset(
    """
    accounting acting anthropology archaeology architecture art astronomy biochemistry
    biology botany business chemistry computing dance dentistry design economics
    education engineering english film finance french geography geology german graphics
    history journalism languages law linguistics literature marketing maths mathematics
    math medicine music nursing painting pharmacy philosophy physics politics psychology
    sociology spanish statistics theatre theology
    """.split()
)
INSTRUMENTS = frozenset(
    """
    accordion banjo bass bassoon cello clarinet drums fiddle flute guitar harmonica harp
    horn keyboard lute mandolin oboe organ piano recorder sax saxophone sitar trombone
    trumpet tuba ukulele viola violin
    """.split()
)
# Thing said -> key of the slot "favourite".
FAVOURITES = {
    **{
        word: word
        for word in """
        colour food book song band season animal flower game place drink singer author
        dish sport number city holiday month day film series fruit dessert poem
        """.split()
    },
    "color": "colour",
    "movie": "film",
    "show": "series",
    "meal": "food",
}

MONTHS = {
    name: i
    for i, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = {
    t: 10 * i
    for i, t in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
NUMBERS: dict[str, int] = {w: i for i, w in enumerate(_ONES, start=1)} | _TENS
NUMBERS |= {
    f"{t}-{w}": n + i for t, n in _TENS.items() for i, w in enumerate(_ONES[:9], 1)
}

# What may follow "my sister" or "I live in", in any letters, and is no name.
NO_NAME = frozenset(
    """
    a about actually after again all also always am an and are as asked at back be
    because been being but by came called calls can constant crazy darkness denial did
    do does either else even ever every everyone fear fine for from gave getting go goes
    going gone good got had happy has hates have he her here him his hope how i if in
    is it its just keeps knows later like likes lived lives looks loves made makes maybe
    me more my never no not now of okay on once one only or our out over pain peace
    pretty really said same saw says sees she silence since so some still sure take than
    thank that the their them then there they thinks this to today told tomorrow tonight
    too town up very wanted wants was we well went were what when where which who why
    will with works would yes yesterday yet you your ai monday tuesday wednesday
    thursday friday saturday sunday sorry home okay ok safe
    """.split()
)
# First words of what somebody loves or hates that make it no lasting like of a thing.
NO_LIKING = frozenset(
    """
    a about all an and any anything as being both each even every everything feeling
    hearing her here him his how i if it its knowing me most much my myself nothing one
    our seeing so some somebody someone something sometimes talking that their them
    there these they this those to too us very watching we what when where which who why
    you your yours yourself
    """.split()
)
NO_LIKED_WORD = frozenset("you your me us him her them it this that i we".split())
NO_THING = frozenset(
    "way idea fact thought part sound look feeling moment attention".split()
)
