"""``python -m xlkpi``: the command where its script is not on the path."""

from xlkpi.cli import main

if __name__ == "__main__":
    main()
