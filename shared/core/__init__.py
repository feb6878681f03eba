"""The basis of every other package: errors, values, retries, words. It imports none of them."""
