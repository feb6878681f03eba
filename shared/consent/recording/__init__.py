"""Recording decisions: what a commit of a customer writes, and what contact points show then."""
