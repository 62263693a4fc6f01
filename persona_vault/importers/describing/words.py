"""What may be shown of a name in a stranger's file: words of programs, never of people.

A key, a column or a file name is made of words. Those on the list below are spoken by
programs and are shown; every other word becomes `<word>`, digits become `<n>`, ids
`<id>`, and what reads like a sentence `<text>`.
"""

import re

# The words of field, column, table and file names in the exports that are known, and
# their plain neighbours. No first name, no surname and nothing anybody would confide.
_LIST = """
about access account achievement action active activity actor add added additional
address advanced after agent ai alias all alternate amount and answer api app
appearance app application archive arg args argument array asset assistant async at
attach attached attachment audio auth author auto avatar aware background backstory
backup banner base batch before begin billing bio birthday block blocked blob body book
bookmark boost bot boundary branch browser browsing budget buffer build button by byte
bytes cache call candidate canvas caption card cast category cause channel char
character chat check checkpoint checksum child children choice chosen chunk chunked
citation class client clock close closed cloud code collection color colour column
command comment commit companion compare comparison complete completed completion
compressed computer config connection constant contact container content context
control conv conversation cookie copy core count counter country create created
creation creator csv currency current currently cursor custom customer cut dark data
database date dates datetime day debug deep default definition degree delete deleted
delivered depth desc description design detail device dialog dialogue diary dict diff
digest direct direction directive directory disable disabled discriminator display
distance do doc document done down download draft dump duration edit editable edited
editor effect element email embed embedded embedding emoji empty enable enabled encoded
encoding encrypted end ended ending endpoint english entity entry enum environment epoch
error escape etag event example exclude exclusive executable execute execution
expiration expire expired expires export exported exporter expression extension
extensions external extra extracted face fail failed fallback false favorite favourite
feature feedback fetch fetched field file filename fill filter final finish finished
first flag flat float folder font for force form format forward forwarded fragment frame
frequency frequent friend from front full function gallery game gender general generate
generated generation geo get gif gift git gizmo global grade grammar greeting grid group
guest guild handle has hash header heading height hidden hide highlight history host
hour html http icon id ident identifier identity if ignore image import imported in
inbox include included index indices info information inline input insert insertion
install instance instruct instruction int integer integrity interaction internal
internet interval invite is iso issue item items job join joined journal json jsonl key
keyphrase keyword kind kin label lang language last latest latitude layer layout leaf
left length level library license like limit line link list literal lite local locale
location lock locked log logged logical login longitude lore lorebook main manager
manifest map mapping mark markdown mask master match max maximum media medium member
memory mention menu merge mes message messages messaging messenger meta metadata method
metric micro microseconds middle milliseconds mime min minimum minute missing mission
mobile mode model moderation modification modified modify module month mood more ms msg
multi multilingual multimodal mute muted my name native nature navigation nested network
new next nick nickname no node nomi none normal not note notes notification null num
number numeric object of off offline offset ok old on one online only op open operator
opponent option optional or order orders org organization origin original other output
owner own owned package page pagination parameter params parent part partial participant
parts path payload pending per percent permission permitted persist persona personal
personality phone photo photos picture pin pinned place plan platform play plugin point
pointer policy poll position post preference preferred prefix premium present preset
preview previous primary priority private product profile progress project prompt
pronoun prop property protected provider public publish published push qr quality query
question queue quota quote random range rank rate rating ratio raw reaction read readme
ready real reason reasoning recap receipt receive received recent recipient recognized
record recursive redacted ref reference refresh regenerate regenerated region register
registered rejected relation relationship release relevance remain remaining remember
remote remove removed render reply report repository request requested require required
reroll research reserved reset resolution resolved resource response restore result
resume retrieval retrieve retrieved retry return revision rewind role room root row rule
run safe safety sample save saved scale scan scenario scene schema scope score screen
script search secondary seconds section segment select selected selection selective self
send sender sensitive sent sentiment sequence serial server service session set setting
settings several severity sha shard sharded share shared shop short shown side sign
signature signed silent simple size skill skip skipped slot slug small snapshot social
software sort sound source spam span speak speaker spec special speech speed spoiler
stack stage standard star starred start started starter state static statistic stats
status step sticker stop storage store story stream string strip structure style sub
subject subscription subtitle suffix suggestion summary summaries support supported
suspend swipe symbol sync synthetic system table tag talk talkativeness target task team
temp temperature template temporary tenant term test text texts theme thinking thought
thread thumbnail ticket tier time timed timeline timestamp timezone title to today token
tool tools top topic total trace track training transcript transcription transfer
translate translation tree trigger true truncated ttl turn turns two txt type types
typing uid unfinished unique unit unix unixtime unknown unread unsent until up update
updated upload upvote uri url usage use used user users utc uuid valid validity value
values variable variant vault vector verification verified version versions video view
viewer visibility visible visits visual voice volume vote warning watermark web webhook
webpage website week weight widget width window with word words work workspace world
write written xml year you your zip zone
activities addresses answers actions accounts agents apps args assets attachments
avatars blocks books bots boosts branches calls cards categories channels characters
chats choices chunks citations classes clients codes columns commands comments
companions contacts contents contexts conversations counts creators days definitions
details devices diaries documents docs edits effects embeds emojis entries entities
errors events exports facts fact features fields files filters flags folders frames
friends groups guilds histories icons ids images imports inputs instructions intents
intent interactions keys kins labels languages lines links lists locations logs
lorebooks maps marks mcp memories mentions models modes nodes nomis numbers objects
options outputs owners pages parameters people person permissions personas phones
pictures plans points posts preferences presets previews products profiles projects
prompts properties queries questions reactions reads records references relations
replies reports requests responses results revisions roles rooms rows rules runs scores
sections segments selfies selfie sentences senders sessions sets shares signatures
sources speakers stages states steps stickers stories strings suggestions summaries
symbols systems tables talks targets tasks templates terms threads thoughts times
timestamps titles tokens topics translations trees triggers units updates urls variables
variants vectors videos views votes weights widgets worlds years
aborted android authorsnote ancestors ascii autosave bool boolean char bigint bit
chatname chatopponent checkpoints codec ctime datetime dalle decimal deepsearch double
embeded exif fts geoblocked gpt grok guid hex img infos ios kb keysecondary latency
leftover linux llm lru mac magic mb md mid mtime multiline nsfw nvarchar obj ocr oob
opt opus pdf png pos ppi prev pro qty readonly realtime regex regexp rel rep req res
savedsettings seq sid sonic src stt subtype superseded svg swipes sys tether tid tinyint
tts txn uint unarchived usec utf varchar vcard wav webp windows worldinfo xmp yaml
activate activated allow allowed anonymous approved assigned associated attempt award
away backend badge balance based basic best block breakpoint broken bucket bulk cancel
canceled capability capture captured case changed changelog clean clear cleared click
cluster code collapsed common community compact condition confidence config confirmed
connected consent console consumer contain continue continued converted correct cost
covered credit credits crop cron daily dashboard deactivated debug decoder decimal
declined dependency deploy deprecated destination detected developer development
dimension disclaimer discovered discovery dismissed dispatch domain dropped due dynamic
eligible enterprise estimate evaluation exact excluded executed exists expanded explicit
expose extended extract facebook failure fast filled fingerprint fixed followers
following footer found foreground free frontend gateway gallery given goal google
graph guide guideline handled handler headers headline heartbeat helper hint home hook
hourly human hybrid idle ignored implicit inactive incoming incomplete indexed initial
initialized inner insights instagram inherited inference integration interface invalid
invited invoice javascript latest launch legacy listed live load loaded loading lookup
loop lower mapped match matched material measure mermaid migrated migration mini minor
monitor monthly mutable named namespace needs negative neutral notice notified
occurrence occurred official omitted ongoing opened operation outcome outer outgoing
overview pair paragen parsed parser patch pattern pause paused payment peer performance
period persistent physical pipeline placeholder plain policies popular port positive
predicted prediction prepared prior process processed processing production promoted
proof proxy purchase purpose quick quoted range reach recommended recommendation
recorded recording redirect reduced referral refused rejected related released reliable
renamed repeat repeated replaced replacement reporter representation resolved restricted
resumed retention revoked routing sanitized schedule scheduled secure seen semantic
sensitive separate separator settled shadow shape signal signature silence snippet
snooze source sponsored spoken stable staging stamp started stickers stopped streaming
strict structured submitted subscribed succeeded success suggested switch synced tail
telegram threshold toggle tracking transaction transform truncation ui unavailable
undefined unlisted unlocked unsafe upcoming upgrade upper upstream uploaded urgent
utterance verify verbose violation whatsapp whitelist widgets wide within workflow
still visually username firstname lastname fullname displayname hostname thumb hashtag
discord replika kindroid claude openai chatgpt anthropic gemini mistral perplexity
copilot snapchat meta twitter tavern silly sillytavern janitor novel kobold oobabooga
pygmalion risu agnai libre webui letta memgpt takeout mydata
"""
WORDS = frozenset(_LIST.split())
# Values that are words of programs as well: who speaks, what a record is.
VALUES = frozenset(
    """
    user assistant system tool function human ai bot model char character customer
    robot operator persona companion me you none null true false text image
    images audio video voice file sticker gif photo message messages service
    service_message voice_record voice_recognized achievement direct default reply
    group channel
    personal_chat bot_chat private_group private_supergroup saved_messages
    private_channel public_channel public_supergroup chatinputcommand call
    channelpinnedmessage guildmemberjoin directtextchat directgrouptextchat
    guildtextchat text_message multimodal_text code execution_output thoughts
    reasoning_recap user_editable_context model_editable_context tether_quote
    tether_browsing_display system_error computer_output thinking tool_use tool_result
    token_budget voice_note all commentary final finished_successfully in_progress
    chara_card_v2 chara_card_v3 risuchat risuallchats diary generic share subscribe
    unsubscribe media note status upvote downvote love funny offensive meaningless
    conversation history summary plain bold italic link mention hashtag custom_emoji
    spoiler pre blockquote voice_message video_message video_file audio_file
    animation emoji paid image/jpeg image/png image/webp image/gif audio/ogg audio/mpeg
    audio/mp4 video/mp4 video/webm text/plain application/pdf integer real blob
    numeric varchar boolean datetime timestamp
    """.split()
)

_TOKEN = re.compile(
    r"(?:ID|URL)s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9]+"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_GLUE = re.compile(r"[ _.\-/:()\[\]$@#]{1,3}")
_LONGEST_NAME = 60
_MOST_TOKENS = 16
_MOST_DASHES = 3
_SUFFIXES = frozenset(
    """json jsonl csv tsv txt md html htm zip png jpg jpeg gif webp mp3 mp4 m4a ogg opus
    wav mov pdf db sqlite sqlite3 af xml yaml yml js css log ndjson charx bin dat heic
    webm vcf epub ini""".split()
)


def shown_name(name: str) -> str:
    """A key, column or table name with all that is not a program's word folded."""
    tokens = _TOKEN.findall(name)
    if _UUID.fullmatch(name) or not _is_name(name, tokens):
        return hidden_name(name)
    known = [_is_known(token) for token in tokens if token.isalpha()]
    if any(c.isspace() for c in name):
        # `Media Type` is a key of programs; `media type` might be what somebody wrote.
        is_title = all(not c.islower() for c in (word[0] for word in name.split()))
        return name if known and all(known) and is_title else "<text>"
    return _joined(tokens) if any(known) else hidden_name(name)


def _is_known(token: str) -> bool:
    word = token.lower()
    return word in WORDS or (word.endswith("s") and word[:-1] in WORDS)


def hidden_name(name: str) -> str:
    """What a name is, without any of its words: an id, a number, a word or a text."""
    if not name:
        return '""'
    tokens = _TOKEN.findall(name)
    if _UUID.fullmatch(name):
        return "<id>"
    if any(c.isspace() for c in name) or not name.isascii():
        return "<text>"
    if name.isdecimal():
        return "<n>" if len(name) < 6 else "<id>"
    has_digits = any(token.isdigit() for token in tokens)
    return "<id>" if len(name) > _LONGEST_NAME or has_digits else "<word>"


def _is_name(name: str, tokens: list[str]) -> bool:
    """Whether a text is made as programs make names."""
    return (
        name.isascii()
        and 0 < len(name) <= _LONGEST_NAME
        and len(tokens) <= _MOST_TOKENS
        and all(_GLUE.fullmatch(t) for t in tokens if not t[0].isalnum())
    )


def _joined(tokens: list[str]) -> str:
    """The known words as they are, neighbouring unknown ones as one mark."""
    shown: list[str] = []
    for token in tokens:
        mark = token
        if token.isdigit():
            mark = "<n>"
        elif token.isalpha() and not _is_known(token):
            mark = "<word>"
        if mark not in ("<word>", "<n>") or not shown or shown[-1] != mark:
            shown.append(mark)
    return "".join(shown)


def shown_path(name: str) -> str:
    """A file name with its folders, each part folded; a known ending is kept."""
    return "/".join(_shown_part(part) for part in name.split("/"))


def _shown_part(part: str) -> str:
    stem, dot, suffix = part.rpartition(".")
    if dot and stem and suffix.lower() in _SUFFIXES:
        return f"{_shown_stem(stem)}.{suffix.lower()}"
    return _shown_stem(part)


def _shown_stem(stem: str) -> str:
    """Files are often named after a talk: what may be a title is not shown."""
    if stem.startswith("WhatsApp Chat"):
        return "WhatsApp Chat <text>"
    is_title = any(c.isspace() for c in stem) or stem.count("-") > _MOST_DASHES
    return hidden_name(stem) if is_title else shown_name(stem)
