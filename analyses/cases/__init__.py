"""Scripts of shipped test cases: each stands on the packages that its case depends on and imports nothing of Nuncius,
so that it runs in an environment that has only these."""
