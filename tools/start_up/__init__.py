"""What importing the app costs, as `docs/start-up.md` says it: `python -m tools.start_up`."""
