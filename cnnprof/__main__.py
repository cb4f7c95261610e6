"""``python -m cnnprof``."""

from cnnprof.cli import main

if __name__ == "__main__":
    main()
