"""Who is who in talk between two people of whom the file gives only the names."""

from persona_vault.model import ReadOptions, Role

_KNOWN_USER = {"you", "user"}


def roles_of(authors: set[str], options: ReadOptions) -> dict[str, Role]:
    """Case-folded author -> role, by the names the user gave.

    Without any, only where there are exactly two and one of them is "You" or "User";
    else nobody is known.
    """
    mine = {name.casefold() for name in options.me}
    theirs = {name.casefold() for name in options.them}
    if not mine and not theirs:
        mine = _KNOWN_USER
    roles = dict.fromkeys(authors & mine, Role.USER)
    roles |= dict.fromkeys(authors & theirs, Role.PERSONA)
    unnamed = authors - roles.keys()
    # Of two speakers, who is not the one that is known must be the other.
    if len(authors) == 2 and len(unnamed) == 1:
        known = next(iter(roles.values()))
        roles[unnamed.pop()] = Role.PERSONA if known is Role.USER else Role.USER
    elif not options.me and not options.them:
        return {}
    return roles
