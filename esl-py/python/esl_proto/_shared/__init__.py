"""What `aio` and `sync` share: everything but how one waits."""
