"""As `zhiyin`."""

from console.main import app

if __name__ == "__main__":
    app(prog_name="zhiyin")
