"""Times as the tables hold them: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

from persona_vault.store.cells import damaged_row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """An aware time as microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Aware UTC time from microseconds since 1970.

    Raises:
        VaultDamagedError: No time that was ever written.
    """
    try:
        return _EPOCH + value * _MICROSECOND
    except (OverflowError, TypeError):
        raise damaged_row() from None


def now_micros() -> int:
    """The present, as the tables hold it."""
    return micros(datetime.now(UTC))
