"""Creating customers: what they inherit, their draft, their account number, the commit."""
