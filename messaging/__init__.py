"""Why this room exists: an SMS is promised in the transaction of its cause, and sent at most once.

`templates/` holds the wordings, `wording/` fills them and compares them with what is registered (`registrations`),
`segments` counts what it costs, `outbox` keeps the promise, `worker` sends through a gateway (`gateways/`), and `retry`
decides what the gateway's answer means.
"""
