"""A Cosmos DB endpoint for tests: the REST protocol over a real socket, for the unmodified SDK.

What it supports: partition isolation, ETags, atomic batches and their limits, hierarchical keys
and queries by their prefix, the queries that our adapter writes, continuation, TTL, the change
feed, sessions with a lagging replica, throttling, and request charges by the published rules.

Its limits: it has one physical partition and one region, checks no signature, indexes
nothing (it refuses an ORDER BY that the indexing policy could not serve, and charges for a filter
that it could not), and supports no stored procedures, aggregates or joins.
"""
