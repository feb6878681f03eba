"""What every other package stands on: errors, kinds of value, words. It imports nothing of them."""
