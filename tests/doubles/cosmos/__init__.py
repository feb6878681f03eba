"""A Cosmos DB endpoint for tests: the REST protocol over a real socket, for the unmodified SDK.

What it supports: partition isolation, ETags, atomic batches and their limits, hierarchical keys
and queries by their prefix, the queries that our adapter writes, continuation, TTL, the change
feed, sessions, and request charges by the published rules. Where a test asks for it (`Conditions`)
it has physical partitions that split, a budget of request units, and replicas that lag.

Its limits: it has one region, checks no signature and no role, indexes
nothing (it refuses an ORDER BY that the indexing policy could not serve, and charges for a filter
that it could not), and supports no stored procedures, aggregates or joins.
"""
