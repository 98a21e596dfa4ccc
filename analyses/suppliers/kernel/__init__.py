"""Scripts that run beside a notebook and inside its kernel. That may be another Python with other packages: what runs
in the kernel needs the standard library only."""
