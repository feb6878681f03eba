"""Customer Insights for tests: Entra ID's tokens, the Data API and a vault, on real sockets.

What it keeps true: client credentials and the codes of their refusal, tokens that expire or are
revoked, one environment and who may view it, measures, rows by an alternate key with `in`, expanded
by their measures, at most 100 at once, and the subscription key.

What it does not do: it knows no other query, no segments or activities, no paging, and it follows
the documentation, not a Customer Insights that anybody has seen.
"""
