"""`python -m recommender`: migrate, import, rejects, status."""

from recommender.cli import app

if __name__ == "__main__":
    app(prog_name="recommender")
