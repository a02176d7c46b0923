"""As `zhiyin drift`, for scripts of earlier releases."""

from recommender.cli.former_commands import call_zhiyin

if __name__ == "__main__":
    call_zhiyin("drift")
