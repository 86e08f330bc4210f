"""Why this room exists: a message is promised in the transaction of its cause, and sent at most once.

`templates/` holds the wordings, `wording/` fills them and compares them with what is registered (`registrations`),
`segments` counts what it costs, `outbox` keeps the promise by the deployment's `rules`. `worker` takes rows (`claims`)
and hands them to a lane (`sending`: a gateway, its `rate` and `breaker`), `retry` decides what the answer means,
`recording` writes it down, and `aftercare` sees to what is in doubt, has lost its worker or comes too late. `receipts`
tell how it ended.
"""
