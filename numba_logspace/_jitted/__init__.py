"""The public functions inside users' jitted code."""
