from monitoring.cli import app

app(prog_name="python -m monitoring")
