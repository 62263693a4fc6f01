"""What `scripts/bench.py` measures, and how.

`measure` takes figures and holds them against goals, `machine` says what they were
taken on, `table` prints them. `parts` asks for the figures; the work itself is done in
`tasks_*`, each task in a process of its own, so that one does not slow the next and the
memory of each is its own. `peers` compares with other programs, which stand in
environments of their own and are driven by `peer_driver`.
"""
