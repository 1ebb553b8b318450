"""Entry point of the web process and of the flask command."""

from app.factory import create_app

app = create_app()
