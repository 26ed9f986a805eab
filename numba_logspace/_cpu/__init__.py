"""The memory of the CPU: engines and the ways through memory; no mathematics."""
