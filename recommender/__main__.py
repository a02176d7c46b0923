"""`python -m recommender`: migrate, import, rejects, status."""

from recommender.cli.data import app

if __name__ == "__main__":
    app(prog_name="recommender")
