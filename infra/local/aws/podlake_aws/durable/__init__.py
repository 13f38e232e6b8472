"""moto's backends with a memory: what a request changed is on disk before its answer leaves."""
