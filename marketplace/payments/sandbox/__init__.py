"""A stateful card gateway for the demo and the tests: its own process, its own file, no real money.

It speaks the part of the Stripe API that the market uses (payment intents with manual capture, 3-D Secure,
refunds, idempotency keys, signed webhooks with retries) and adds ``/_control`` for rehearsing trouble.
Nothing here is imported by the market; the two meet over HTTP only.
"""
