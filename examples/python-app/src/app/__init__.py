"""A small service that quotes a price for a basket."""

from importlib.metadata import version

from flask import Flask

from app.views import pages

__version__ = version("app")


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(pages)
    return app
