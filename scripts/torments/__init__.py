"""The sweeps of `scripts/torture.py`: faults, and what they may never cost."""
