"""What happened when: models seen in the data, known vendor dates, the prompt."""

from persona_vault.timeline.calendar import CalendarRow, read_calendar
from persona_vault.timeline.inputs import (
    InputCount,
    InputVersion,
    PromptRecord,
    prompt_record,
)
from persona_vault.timeline.observed import ModelSwitch, model_switches
from persona_vault.timeline.suggest import Suggestion, suggest_events

__all__ = [
    "CalendarRow",
    "InputCount",
    "InputVersion",
    "ModelSwitch",
    "PromptRecord",
    "Suggestion",
    "model_switches",
    "prompt_record",
    "read_calendar",
    "suggest_events",
]
